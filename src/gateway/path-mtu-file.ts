// Keeps what was learned of the paths over a restart: in 2004 it was lost at every reconnect. A lost or broken file costs
// one search a session, so nothing here ever fails loudly.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { PathMtuMemory } from '../protocol/ip/path-mtu-memory.ts';

/** Users and client addresses that are remembered. */
const Capacity = 65_536;
/** Ms; what was learned since the last time is lost when the process is killed. */
const SaveEvery = 10_000;

export class PathMtuFile {
  readonly memory = new PathMtuMemory(Capacity);
  readonly #path: string;
  readonly #warn: (message: string) => void;
  readonly #timer: NodeJS.Timeout;
  #savedRevision = 0;
  #hasWarned = false;

  /** `warn` is told once when the file cannot be written. */
  constructor(path: string, warn: (message: string) => void) {
    this.#path = path;
    this.#warn = warn;
    this.#restore();
    this.#timer = setInterval(() => this.save(), SaveEvery);
    this.#timer.unref();
  }

  save(): void {
    const { revision } = this.memory;
    if (revision === this.#savedRevision) return;
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      // The group reads: a gateway in a pod begins as root without the power to read what is another user's.
      writeFileSync(`${this.#path}.new`, this.memory.serialise(Date.now()), { mode: 0o640 });
      renameSync(`${this.#path}.new`, this.#path);
      this.#savedRevision = revision;
    } catch (error) {
      if (!this.#hasWarned) this.#warn(`path MTUs are not kept over a restart: ${(error as Error).message}`);
      this.#hasWarned = true;
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.save();
  }

  #restore(): void {
    try {
      const text = readFileSync(this.#path, 'utf8');
      this.memory.restore(text, Date.now());
      this.#savedRevision = this.memory.revision;
    } catch {
      // The first start, or a file that somebody removed.
    }
  }
}
