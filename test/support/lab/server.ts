// The server under test: `bin/vpn-operator local` in a namespace, serving documents from a temporary folder.
import type { ChildProcess } from 'node:child_process';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { eventually, exitOf, startProgram } from './commands.ts';
import type { Namespace } from './namespaces.ts';
import type { Undo } from './undo.ts';

const repository = resolve(import.meta.dirname, '../../..');
export const program = join(repository, 'bin/vpn-operator');
const httpAddress = '127.0.0.1:9723';

/** One entry of GET /v1/sessions. */
export interface SessionView {
  namespace: string;
  server: string;
  user: string;
  address: string;
  peerAddress: string;
  state: string;
  encryption: string;
  tunnelMTU: number;
  pathMTU: number;
  receivedBytes: number;
  sentBytes: number;
  receivedPackets: number;
  sentPackets: number;
}

export class Server {
  readonly namespace: Namespace;
  /** The folder it serves. */
  readonly folder: string;
  readonly #child: ChildProcess;
  #output = '';
  /** By a test, not by itself. */
  wasStopped = false;

  constructor(namespace: Namespace, folder: string, child: ChildProcess) {
    this.namespace = namespace;
    this.folder = folder;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text;
      });
    }
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Everything it printed so far: JSON lines. */
  get output(): string {
    return this.#output;
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** A position in the output, to look only at what comes later. */
  mark(): number {
    return this.#output.length;
  }

  /** Waits until a whole line of the output after `since` matches. @throws Error with that output */
  async said(pattern: RegExp, { since = 0, timeout = 5_000 } = {}): Promise<string> {
    try {
      return await eventually(`${pattern} in the server's log`, timeout, () => {
        const lines = this.#output.slice(since).split('\n').slice(0, -1);
        return lines.find((line) => pattern.test(line));
      });
    } catch (error) {
      throw new Error(`${error}; it said:\n${this.#output.slice(since) || '(nothing)'}`);
    }
  }

  /** Puts a file into the served folder, whole at once: the server must not find the beginning of one. */
  write(file: string, text: string): void {
    const next = `${this.folder}.next`;
    writeFileSync(next, text);
    renameSync(next, join(this.folder, file));
  }

  remove(file: string): void {
    rmSync(join(this.folder, file));
  }

  get(path: string): Promise<string> {
    return this.namespace.run(['curl', '-sSf', '--max-time', '5', `http://${httpAddress}${path}`]);
  }

  async sessions(): Promise<SessionView[]> {
    return JSON.parse(await this.get('/v1/sessions')).sessions;
  }

  /** Sum of a metric's series whose labels include the given ones; undefined when there is none. */
  async metric(name: string, labels: Record<string, string> = {}): Promise<number | undefined> {
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    const values = (await this.get('/metrics'))
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .filter((line) => wanted.every((label) => line.includes(label)))
      .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)));
    return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
  }

  /** Waits until no session is left. */
  async idle(timeout = 10_000): Promise<void> {
    await eventually('an end of all sessions', timeout, async () => {
      return (await this.sessions()).length === 0 ? 'idle' : undefined;
    });
  }

  /** Signals it by process id and waits. @returns its exit code, 128 when the signal itself ended it */
  async stop(signal: NodeJS.Signals = 'SIGTERM', timeout = 10_000): Promise<number> {
    this.wasStopped = true;
    this.#child.kill(signal);
    return eventually(`the server's end after ${signal}`, timeout, () => {
      return this.ended ? exitOf(this.#child) : undefined;
    });
  }

  destroy(): void {
    if (!this.ended) this.#child.kill('SIGKILL');
  }
}

/**
 * Starts the server and waits for /readyz.
 * @param documents texts by file name, or the path of a folder that exists
 * @throws Error with its output when it ends or does not become ready in 15 s
 */
export async function startServer(
  undo: Undo,
  namespace: Namespace,
  documents: Readonly<Record<string, string>> | string,
): Promise<Server> {
  const folder = typeof documents === 'string' ? documents : undo.folder();
  for (const [file, text] of typeof documents === 'string' ? [] : Object.entries(documents)) {
    writeFileSync(join(folder, file), text);
  }
  const command = [
    program,
    'local',
    '-f',
    folder,
    '--http-address',
    httpAddress,
    '--state-dir',
    undo.folder(),
  ];
  const child = startProgram(namespace.enter(command), { stdio: ['ignore', 'pipe', 'pipe'] });
  const server = new Server(namespace, folder, child);
  undo.later(() => server.destroy());
  await ready(server).catch((error) => {
    throw new Error(`${error.message}; it said:\n${server.output || '(nothing)'}`);
  });
  return server;
}

async function ready(server: Server): Promise<void> {
  const ask = ['curl', '-sf', '--max-time', '2', '-o', '/dev/null', `http://${httpAddress}/readyz`];
  await eventually('readiness of the server', 15_000, async () => {
    if (server.ended) throw new Error('the server ended at its start');
    return (await server.namespace.attempt(ask)).code === 0 ? 'ready' : undefined;
  });
}
