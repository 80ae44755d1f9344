// Whether an object is as we want it: every field that we name has our value. What the API server or others added
// beside them does not count, items of lists do. Amounts are compared as such: the API server writes 0.5 as 500m.

/** `wanted` may leave out what the API server leaves out: false, 0, empty texts, lists and objects. */
export function covers(live: unknown, wanted: unknown): boolean {
  if (wanted === undefined || wanted === null) return true;
  if (live === undefined || live === null) return isEmpty(wanted);
  if (typeof wanted !== 'object') return live === wanted;
  if (typeof live !== 'object') return false;
  if (Array.isArray(wanted)) {
    if (!Array.isArray(live) || live.length !== wanted.length) return false;
    return wanted.every((item, index) => covers(live[index], item));
  }
  const fields = live as Record<string, unknown>;
  return Object.entries(wanted).every(([key, value]) =>
    isAmounts(key) ? sameAmounts(fields[key], value) : covers(fields[key], value),
  );
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isEmpty);
  return value === undefined || value === null || value === false || value === 0 || value === '';
}

/** Of a container's resources. */
function isAmounts(key: string): boolean {
  return key === 'limits' || key === 'requests';
}

function sameAmounts(live: unknown, wanted: unknown): boolean {
  const [one, other] = [live ?? {}, wanted ?? {}] as Record<string, unknown>[];
  if (one === undefined || other === undefined) return false;
  const names = Object.keys(other);
  return (
    names.length === Object.keys(one).length &&
    names.every((name) => amount(one[name]) === amount(other[name]))
  );
}

const powers: Readonly<Record<string, number>> = {
  ...{ n: 1e-9, u: 1e-6, m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 },
};

/** resource.Quantity of Kubernetes, as a number; NaN, which equals nothing, for what is none. */
function amount(text: unknown): number {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d*)?)([a-zA-Z]*)$/.exec(String(text)) ?? [];
  return digits === '' ? Number.NaN : Number((Number(digits) * (powers[unit] ?? Number.NaN)).toPrecision(12));
}
