// A test's handle on a swarm of simulated clients that runs in a namespace.
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { startProgram } from '../lab/commands.ts';
import type { Namespace } from '../lab/namespaces.ts';
import type { Undo } from '../lab/undo.ts';
import type { Outcome } from './client.ts';
import type { HostileReport, HostileRequest, Hostiles } from './hostile.ts';
import type { LoginRequest, PingRequest } from './swarm.ts';

export type SwarmRequest = { readonly id: number } & (
  | { readonly type: 'logIn'; readonly request: LoginRequest }
  | { readonly type: 'ping'; readonly request: PingRequest }
  | { readonly type: 'connect'; readonly request: HostileRequest }
  | { readonly type: 'junk'; readonly request: Parameters<Hostiles['junk']>[0] }
  | { readonly type: 'report' | 'up' | 'vanish' }
);

export type SwarmAnswer = { readonly id: number } & (
  | { readonly result: unknown }
  | { readonly error: string }
);

export class RemoteSwarm {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: SwarmAnswer) => void>();
  #serial = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (answer: SwarmAnswer) => {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    child.on('exit', () => {
      for (const [id, settle] of this.#waiting) settle({ id, error: 'the swarm ended' });
      this.#waiting.clear();
    });
  }

  logIn(request: LoginRequest): Promise<Outcome[]> {
    return this.#ask({ id: 0, type: 'logIn', request }) as Promise<Outcome[]>;
  }

  /** How many answers came. */
  ping(request: Partial<PingRequest> = {}): Promise<number> {
    const whole = { destination: 0, length: 84, patience: 1_500, ...request };
    return this.#ask({ id: 0, type: 'ping', request: whole }) as Promise<number>;
  }

  up(): Promise<number> {
    return this.#ask({ id: 0, type: 'up' }) as Promise<number>;
  }

  /** Connections of hostile clients. */
  async connect(request: HostileRequest): Promise<void> {
    await this.#ask({ id: 0, type: 'connect', request });
  }

  report(): Promise<HostileReport> {
    return this.#ask({ id: 0, type: 'report' }) as Promise<HostileReport>;
  }

  async junk(request: Parameters<Hostiles['junk']>[0]): Promise<void> {
    await this.#ask({ id: 0, type: 'junk', request });
  }

  async vanish(): Promise<void> {
    await this.#ask({ id: 0, type: 'vanish' });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #ask(request: SwarmRequest): Promise<unknown> {
    const id = ++this.#serial;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, (answer) => {
        if ('error' in answer) reject(new Error(answer.error));
        else resolve(answer.result);
      });
      this.#child.send({ ...request, id });
    });
  }
}

/** @param capacity clients that may be up at once */
export function startSwarm(undo: Undo, namespace: Namespace, capacity = 64): RemoteSwarm {
  const command = [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, 'swarm-process.ts'),
    String(capacity),
  ];
  const child = startProgram(namespace.enter(command), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const swarm = new RemoteSwarm(child);
  undo.later(() => swarm.kill());
  return swarm;
}
