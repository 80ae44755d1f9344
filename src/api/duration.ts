// Durations as users write them: hours, minutes and seconds in this order, such as "30s", "1h30m" or "0s".
// A subset of Go's time.ParseDuration, so that CEL's duration() reads the same texts.

/** The whole grammar; the custom resources and the offline check share it. */
export const durationPattern =
  '^(?:[0-9]{1,4}h(?:[0-9]{1,4}m)?(?:[0-9]{1,5}s)?|[0-9]{1,4}m(?:[0-9]{1,5}s)?|[0-9]{1,5}s)$';

const millisecondsPer = { h: 3_600_000, m: 60_000, s: 1_000 };

/** Milliseconds, or undefined when the text is no duration. */
export function parseDuration(text: string): number | undefined {
  if (!new RegExp(durationPattern).test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([0-9]+)([hms])/g)) {
    total += Number(amount) * millisecondsPer[unit as keyof typeof millisecondsPer];
  }
  return total;
}

/** The shortest text that parses to the same number; fractions of a second are cut off. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const;
  const text = parts.map(([amount, unit]) => (amount > 0 ? `${amount}${unit}` : '')).join('');
  return text === '' ? '0s' : text;
}
