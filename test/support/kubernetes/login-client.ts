// Many quick logins from one network: the client of `vpn-operator probe`, kept running, for what must be measured to the
// hundredth of a second. A whole Linux machine with pppd needs two seconds for a login of its own.
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { startProgram } from '../lab/commands.ts';
import type { Namespace } from '../lab/namespaces.ts';
import type { Undo } from '../lab/undo.ts';

export type LoginCommand =
  | { type: 'logIn'; id: number; server: string; user: string; password: string }
  | { type: 'hangUp'; id: number };

/** `at`: ms since 1970. `reason`: the probe's word for it. */
export type LoginEvent =
  | { type: 'up'; id: number; at: number }
  | { type: 'down'; id: number; at: number; reason: string };

export interface Session {
  /** When it began, ms since 1970. */
  readonly at: number;
  /** Resolves when it ends, however it does. */
  readonly ended: Promise<LoginEvent & { type: 'down' }>;
  hangUp(): void;
}

export class LoginClient {
  readonly #commands: Writable;
  readonly #waiting = new Map<number, (event: LoginEvent) => void>();
  #serial = 0;

  constructor(undo: Undo, namespace: Namespace) {
    const script = join(import.meta.dirname, 'login-client-inside.ts');
    const program = [process.execPath, '--disable-warning=ExperimentalWarning', script];
    const child = startProgram(namespace.enter(program), { stdio: ['pipe', 'pipe', 'inherit'] });
    undo.later(() => child.kill('SIGKILL'));
    this.#commands = child.stdin as Writable;
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const event = JSON.parse(line) as LoginEvent;
      this.#waiting.get(event.id)?.(event);
    });
  }

  /** @returns the session, or why there is none: the probe's word for it */
  async attempt(server: string, user: string, password: string): Promise<Session | string> {
    this.#serial += 1;
    const id = this.#serial;
    const first = this.#next(id);
    this.#tell({ type: 'logIn', id, server, user, password });
    const event = await first;
    if (event.type === 'down') return event.reason;
    const ended = this.#next(id) as Session['ended'];
    return { at: event.at, ended, hangUp: () => this.#tell({ type: 'hangUp', id }) };
  }

  #next(id: number): Promise<LoginEvent> {
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  #tell(command: LoginCommand): void {
    this.#commands.write(`${JSON.stringify(command)}\n`);
  }
}
