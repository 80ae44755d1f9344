// Whether an object is as we want it: every field that we name has our value. What the API server or others added
// beside them does not count, items of lists do.

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
  return Object.entries(wanted).every(([key, value]) =>
    covers((live as Record<string, unknown>)[key], value),
  );
}

function isEmpty(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isEmpty);
  return value === undefined || value === false || value === 0 || value === '';
}
