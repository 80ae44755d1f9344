// Many simulated clients in one process, each from a source address of its own.
import { ExpiryTimer } from '../../../src/gateway/expiry-timer.ts';
import { ntPasswordHash } from '../../../src/protocol/ppp/ms-chap-v2.ts';
import { type Outcome, SimulatedClient } from './client.ts';
import { Tunnels } from './tunnels.ts';

/** As many belong to the clients' host. */
const sourceAddresses = 0x40_0000;

export interface LoginRequest {
  readonly server: number;
  /** Source address of client 0; the next ones follow it, `stride` (default 1) addresses apart within a /10. */
  readonly firstSource: number;
  readonly stride?: number;
  /** Number of the first client. Default 0. */
  readonly firstNumber?: number;
  readonly count: number;
  /** Clients that are logging in at the same time. */
  readonly atOnce: number;
  /** `%d` in it becomes the client's number. */
  readonly username: string;
  readonly password: string;
}

export class Swarm {
  readonly #timer = new ExpiryTimer(() => performance.now());
  readonly #tunnels: Tunnels;
  readonly #clients: SimulatedClient[] = [];
  #nextCallId = 0;

  constructor(capacity: number) {
    this.#tunnels = new Tunnels(capacity, this.#timer);
  }

  /** In the order of the clients. */
  async logIn(request: LoginRequest): Promise<Outcome[]> {
    const ntHash = ntPasswordHash(request.password);
    const outcomes: Outcome[] = [];
    const { firstNumber = 0, stride = 1, count } = request;
    let next = 0;
    const worker = async () => {
      for (let index = next++; index < count; index = next++) {
        const number = firstNumber + index;
        const client = new SimulatedClient(
          {
            server: request.server,
            source: request.firstSource + ((number * stride) % sourceAddresses),
            callId: this.#takeCallId(),
            username: request.username.replaceAll('%d', String(number)),
            ntHash,
          },
          this.#tunnels,
          this.#timer,
        );
        this.#clients.push(client);
        outcomes[index] = await client.settled();
      }
    };
    await Promise.all(Array.from({ length: request.atOnce }, worker));
    return outcomes;
  }

  #takeCallId(): number {
    this.#nextCallId = (this.#nextCallId % 0xffff) + 1;
    return this.#nextCallId;
  }

  /** How many clients are up. */
  get up(): number {
    return this.#clients.filter((client) => client.isUp).length;
  }

  /** Every client that is up pings once; resolves with the number of answers that came within `patience` ms. */
  async ping({ destination, length, patience }: PingRequest): Promise<number> {
    const up = this.#clients.filter((client) => client.isUp);
    const before = up.reduce((sum, client) => sum + client.pingsAnswered, 0);
    this.#tunnels.beginRound();
    for (const client of up) this.#tunnels.ping(client, destination || client.gatewayAddress, length);
    const end = performance.now() + patience;
    for (;;) {
      const answered = up.reduce((sum, client) => sum + client.pingsAnswered, 0) - before;
      if (answered === up.length || performance.now() > end) return answered;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  vanish(): void {
    for (const client of this.#clients) client.vanish();
  }
}

export interface PingRequest {
  /** 0: the gateway. */
  readonly destination: number;
  /** Inner bytes. */
  readonly length: number;
  readonly patience: number;
}
