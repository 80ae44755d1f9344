// tcpdump on a link of the lab: the independent witness of what went over the wire.
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, execute, exitOf, startProgram } from './commands.ts';
import type { Namespace } from './namespaces.ts';
import type { Undo } from './undo.ts';

export class Capture {
  readonly file: string;
  readonly #child: ChildProcess;
  #said = '';

  constructor(file: string, child: ChildProcess) {
    this.file = file;
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
  }

  /** Ends the capture; all packets up to now are in the file. */
  async stop(): Promise<void> {
    await this.#catchUp();
    this.#child.kill('SIGINT');
    await exitOf(this.#child);
  }

  /** tcpdump that is told to end leaves in the kernel what it has not read yet. */
  async #catchUp(): Promise<void> {
    this.#said = '';
    await eventually('tcpdump to catch up', 10_000, () => {
      const answers = answersIn(this.#said);
      const [first, last] = [answers.at(0), answers.at(-1)];
      if (first && last && last.captured + last.dropped >= first.received) return 'caught up';
      this.#child.kill('SIGUSR1');
      return undefined;
    });
  }

  /** True when a packet carries these bytes. Only after stop(). */
  contains(bytes: string | Buffer): boolean {
    return readFileSync(this.file).includes(bytes);
  }

  /** Number of packets that match a tcpdump filter. Only after stop(). */
  async count(filter: string): Promise<number> {
    const output = await execute(['tcpdump', '-nr', this.file, '--count', filter]);
    return Number(/(\d+) packets?/.exec(output)?.[1] ?? 0);
  }

  /** tcpdump's words about each packet that matches. Only after stop(). */
  async lines(filter: string): Promise<string[]> {
    const output = await execute(['tcpdump', '-nttr', this.file, filter]);
    return output.split('\n').filter((line) => /^\d+\./.test(line));
  }
}

/** Starts to record what passes `device`, whole packets. Returns once recording has begun. */
export async function capture(undo: Undo, namespace: Namespace, device: string): Promise<Capture> {
  const file = join(undo.folder(), `${device}.pcap`);
  const written = ['-Z', 'root', '-U', '-w', file];
  const command = ['tcpdump', '-ni', device, '-s', '0', '-B', '8192', '--immediate-mode', ...written];
  const child = startProgram(namespace.enter(command), { stdio: ['ignore', 'ignore', 'pipe'] });
  undo.later(() => child.kill('SIGKILL'));
  await eventually('tcpdump', 5_000, () => (existsSync(file) ? 'recording' : undefined));
  return new Capture(file, child);
}

/** What tcpdump says when it gets SIGUSR1. */
function answersIn(text: string): { captured: number; received: number; dropped: number }[] {
  const lines = text.matchAll(/(\d+) packets? captured, (\d+) packets? received.*, (\d+) packets? dropped/g);
  return [...lines].map((line) => {
    const [captured = 0, received = 0, dropped = 0] = line.slice(1).map(Number);
    return { captured, received, dropped };
  });
}
