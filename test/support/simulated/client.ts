// One simulated client of the server: our own control connection and PPP link in the client's role, over real TCP and a
// GRE socket that a whole swarm shares. It is honest; what odd clients do, tests do to its parts.
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { ExpiryTimer } from '../../../src/gateway/expiry-timer.ts';
import { formatAddress } from '../../../src/protocol/ip/address.ts';
import { LinkClient, type LinkClientOutput } from '../../../src/protocol/ppp/link-client.ts';
import { ControlClient, type ControlClientOutput } from '../../../src/protocol/pptp/control-client.ts';
import type { Tunnels } from './tunnels.ts';

export interface ClientOptions {
  readonly server: number;
  readonly source: number;
  readonly callId: number;
  readonly username: string;
  readonly ntHash: Uint8Array;
}

export interface Outcome {
  readonly state: 'opened' | 'ended';
  /** From TCP's SYN to this, ms. */
  readonly elapsed: number;
  readonly address: number;
  /** Why it ended. */
  readonly detail: string;
}

export class SimulatedClient {
  readonly #options: ClientOptions;
  readonly #tunnels: Tunnels;
  readonly #timer: ExpiryTimer;
  readonly #control: ControlClient;
  readonly #link: LinkClient;
  readonly #startedAt = performance.now();
  #session: number | undefined;
  readonly #socket: Socket;
  #settle: (outcome: Outcome) => void = () => {};
  outcome: Outcome | undefined;
  /** Inner address while it is up. */
  address = 0;
  gatewayAddress = 0;
  pingsAnswered = 0;

  constructor(options: ClientOptions, tunnels: Tunnels, timer: ExpiryTimer) {
    this.#options = options;
    this.#tunnels = tunnels;
    this.#timer = timer;
    this.#control = new ControlClient({
      hostName: 'simulated',
      vendorString: 'test',
      callId: options.callId,
      receiveWindow: 64,
    });
    this.#link = new LinkClient({
      credentials: { username: options.username, ntHash: options.ntHash },
      mru: 1500,
      encryption: { policy: 'Required', keyLengths: [128], stateless: 'Required' },
      random: (size) => randomBytes(size),
    });
    this.#socket = connect({
      host: formatAddress(options.server),
      port: 1723,
      localAddress: formatAddress(options.source),
      noDelay: true,
    });
    this.#socket.on('connect', () => this.#carryOutControl(this.#control.open(performance.now())));
    this.#socket.on('data', (bytes) =>
      this.#carryOutControl(this.#control.receive(bytes, performance.now())),
    );
    this.#socket.on('error', (error) => this.#end(error.message));
    this.#socket.on('close', () => this.#end('the connection was closed'));
    timer.add(this);
  }

  get deadline(): number {
    return Math.min(this.#control.deadline, this.#link.deadline);
  }

  get isUp(): boolean {
    return this.outcome?.state === 'opened';
  }

  get session(): number | undefined {
    return this.#session;
  }

  /** Resolves once: when IP may flow, or when that cannot be any more. */
  settled(): Promise<Outcome> {
    if (this.outcome !== undefined) return Promise.resolve(this.outcome);
    return new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  expire(now: number): void {
    this.#carryOutControl(this.#control.expire(now));
    this.#carryOutLink(this.#link.expire(now), now);
  }

  receive(protocol: number, information: Uint8Array, now: number): void {
    this.#carryOutLink(this.#link.receive(protocol, information, now), now);
    this.#timer.touch(this);
  }

  /** As a cable that is pulled: no word to anyone. */
  vanish(): void {
    this.#socket.destroy();
  }

  #carryOutControl(outputs: readonly ControlClientOutput[]): void {
    for (const output of outputs) {
      if (output.type === 'transmit') this.#socket.write(output.bytes);
      else if (output.type === 'call') {
        const { server, source } = this.#options;
        this.#session = this.#tunnels.open(this, output.call, { localAddress: source, peerAddress: server });
        this.#carryOutLink(this.#link.open(performance.now()), performance.now());
      } else if (output.type === 'failed') this.#end(`${output.failure.step} ${output.failure.cause}`);
      else if (output.type === 'callEnd') this.#end('the call was cleared');
      else if (output.type === 'close') this.#socket.destroySoon();
    }
    this.#timer.touch(this);
  }

  #carryOutLink(outputs: readonly LinkClientOutput[], now: number): void {
    const session = this.#session;
    if (session === undefined) return;
    for (const output of outputs) {
      if (output.type === 'transmit') this.#tunnels.transmit(session, output, now);
      else if (output.type === 'encrypted') this.#tunnels.encrypt(session, output);
      else if (output.type === 'opened') {
        this.address = output.address;
        this.gatewayAddress = output.gatewayAddress;
        this.#tunnels.startNetwork(session, output);
        this.#conclude('opened', '');
      } else if (output.type === 'down') this.#end(output.detail);
    }
    this.#tunnels.flush();
  }

  #conclude(state: Outcome['state'], detail: string): void {
    this.outcome = { state, detail, address: this.address, elapsed: performance.now() - this.#startedAt };
    this.#settle(this.outcome);
  }

  #end(detail: string): void {
    if (this.outcome?.state === 'ended') return;
    this.#conclude('ended', detail);
    this.#timer.delete(this);
    if (this.#session !== undefined) this.#tunnels.close(this.#session);
    this.#socket.destroySoon();
  }
}
