// Comparison of secrets in a time that depends only on their length.

/** Whether `a` and `b` hold the same bytes; every byte is looked at even after the first difference. */
export function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let index = 0; index < a.length; index++) difference |= a[index]! ^ b[index]!;
  return difference === 0;
}
