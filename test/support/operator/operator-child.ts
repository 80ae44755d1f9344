// Starts operator-process.ts and reads what it prints.
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { startProgram } from '../lab/commands.ts';

const program = new URL('operator-process.ts', import.meta.url).pathname;

export interface Line {
  write?: 'before' | 'after';
  count?: number;
  method?: string;
  path?: string;
  msg?: string;
  /** Of a line of the log. */
  time?: string;
  looks?: 'at the Lease';
}

const children = new Set<ChildProcess>();

/** Those that a failed test left behind, frozen or not: the test file would wait for them for ever. */
export function killOperators(): void {
  for (const child of children) child.kill('SIGKILL');
}

export class OperatorProcess {
  readonly child: ChildProcess;
  readonly lines: Line[] = [];
  readonly ended: Promise<void>;

  constructor(...args: string[]) {
    const command = [process.execPath, '--disable-warning=ExperimentalWarning', program, ...args];
    this.child = startProgram(command, { stdio: ['ignore', 'pipe', 'inherit'] });
    children.add(this.child.once('exit', () => children.delete(this.child)));
    createInterface({ input: this.child.stdout! }).on('line', (line) => this.lines.push(JSON.parse(line)));
    this.ended = new Promise((done) => this.child.once('exit', () => done()));
  }

  get isLeading(): boolean {
    return this.leadsSince !== undefined;
  }

  /** ms since 1970. */
  get leadsSince(): number | undefined {
    const line = this.lines.find(({ msg }) => msg === 'leading');
    return line === undefined ? undefined : Date.parse(line.time ?? '');
  }

  /** It has begun to watch who leads. */
  get isCandidate(): boolean {
    return this.lines.some(({ looks }) => looks !== undefined);
  }

  /** Waits until it has printed nothing for three seconds. */
  async quiet(): Promise<void> {
    for (let count = -1; count !== this.lines.length; ) {
      count = this.lines.length;
      await new Promise((done) => setTimeout(done, 3_000));
    }
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    this.child.kill(signal);
    await this.ended;
  }
}
