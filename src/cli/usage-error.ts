/** Wrong usage or invalid input: the process exits with 2 and prints `message` as its one line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
