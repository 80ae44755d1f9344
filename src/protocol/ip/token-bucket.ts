// A token bucket kept in two numbers of a caller's Float64Array, so that thousands of them cost no objects:
// [index] tokens left, [index + 1] when they were counted (ms). A zero-filled pair begins full unless `now` is near 0.

/** Take one token if there is one. `rate` in tokens per second; at most `burst` are saved up. */
export function takeToken(
  state: Float64Array,
  index: number,
  now: number,
  rate: number,
  burst: number,
): boolean {
  const elapsed = Math.max(0, now - state[index + 1]!);
  const tokens = Math.min(burst, state[index]! + (elapsed * rate) / 1000);
  state[index + 1] = now;
  const granted = tokens >= 1;
  state[index] = granted ? tokens - 1 : tokens;
  return granted;
}
