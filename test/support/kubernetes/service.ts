// A long-running program of the lab, such as etcd: started, stopped, frozen and started again by its process id, with
// its output in a file.
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { eventually, exitOf, startProgram } from '../lab/commands.ts';
import type { Undo } from '../lab/undo.ts';

export class Service {
  readonly name: string;
  readonly #command: readonly string[];
  readonly #log: string;
  #child: ChildProcess | undefined;

  /** @param log path of the file that gets its output */
  constructor(undo: Undo, name: string, command: readonly string[], log: string) {
    this.name = name;
    this.#command = command;
    this.#log = log;
    undo.later(() => this.#child?.kill('SIGKILL'));
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  start(): void {
    const output = openSync(this.#log, 'a');
    this.#child = startProgram(this.#command, { stdio: ['ignore', output, output] });
    closeSync(output);
  }

  /** Ends it and waits for that. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.running) return;
    child.kill(signal);
    const patience = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await exitOf(child);
    clearTimeout(patience);
  }

  /** Freezes it: connections stay open and nothing answers. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Waits until `ask` says yes. @throws Error with the last lines of its output when it ends before, or in time does not */
  async ready(timeout: number, ask: () => Promise<boolean>): Promise<void> {
    try {
      await eventually(`${this.name} being ready`, timeout, async () => {
        if (!this.running) throw new Error(`${this.name} ended at its start`);
        return (await ask()) ? 'ready' : undefined;
      });
    } catch (error) {
      const lines = readFileSync(this.#log, 'utf8').trimEnd().split('\n').slice(-15);
      throw new Error(`${error instanceof Error ? error.message : error}; it said:\n${lines.join('\n')}`);
    }
  }
}
