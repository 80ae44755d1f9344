// A value that must not be shown: a password, its NT hash, a token. Printing, inspecting or serialising the
// wrapper yields "[redacted]"; only reveal() gives the value. It does not scrub memory.
const redacted = '[redacted]';

/** Keep a secret in this from the moment it is read until the one place that needs it. */
export class Secret<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself: for comparing and for deriving keys, never for showing. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return redacted;
  }
}
