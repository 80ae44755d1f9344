// What happened, in order, for one reader who awaits it step by step: callbacks post, the probe's steps read.

export class Mailbox<Letter> {
  readonly #letters: Letter[] = [];
  #wake: (() => void) | undefined;

  post(letter: Letter): void {
    this.#letters.push(letter);
    this.#wake?.();
  }

  /** The next letter; undefined when none came within `patience` milliseconds. One reader at a time. */
  async next(patience: number): Promise<Letter | undefined> {
    if (this.#letters.length === 0) await this.#arrival(patience);
    return this.#letters.shift();
  }

  #arrival(patience: number): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(finish, Math.max(0, patience));
      this.#wake = finish;
    });
  }
}
