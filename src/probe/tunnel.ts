// The client's side of one tunnel without a TUN: raw GRE socket, the data path of the server in the other role, and our own
// PPP client. What comes out of the tunnel are answers to our own pings; nothing on this host changes.
import { randomBytes } from 'node:crypto';
import { errnoName, type GreSocket, openGreSocket, openPoller } from 'node-tun';
import { DataLoop, type PacketDoors } from '../gateway/data-loop.ts';
import type { Expirable } from '../gateway/expiry-timer.ts';
import type { PacketVector } from '../protocol/datapath/packet-vector.ts';
import { TypeScriptDataPath } from '../protocol/datapath/typescript-data-path.ts';
import { formatAddress } from '../protocol/ip/address.ts';
import { clearOverhead, mppeOverhead } from '../protocol/ip/overhead.ts';
import type { Credentials } from '../protocol/ppp/chap-peer.ts';
import { Protocol } from '../protocol/ppp/frame.ts';
import { LinkClient, type LinkClientOutput } from '../protocol/ppp/link-client.ts';
import type { Call } from '../protocol/pptp/control-output.ts';
import { type EchoPlace, readEchoReply, smallestEcho, writeEchoRequest } from './echo.ts';
import { greRefusal } from './failure.ts';

export type TunnelNews =
  | Exclude<LinkClientOutput, { type: 'transmit' | 'discarded' }>
  /** The first GRE of this call came. */
  | { type: 'greReceived' }
  /** The server asks for the password: LCP is up. */
  | { type: 'challenged' }
  /** A router or the server turns our GRE away. */
  | { type: 'greRefused'; by: string }
  /** This host did not send a packet of `size` outer bytes. */
  | { type: 'notSent'; errno: string; size: number }
  | { type: 'pingAnswered'; sequence: number };

export interface TunnelOptions {
  readonly localAddress: number;
  readonly peerAddress: number;
  readonly callId: number;
  readonly credentials: Credentials;
  readonly clock: () => number;
  readonly said: (news: TunnelNews) => void;
  readonly touched: (member: Expirable) => void;
}

/** What Windows and pppd take, too. */
const Mru = 1500;

export class Tunnel implements Expirable {
  readonly #options: TunnelOptions;
  readonly #dataPath = new TypeScriptDataPath({ capacity: 1, reorderPool: 128 });
  readonly #bytes = new Uint8Array(this.#dataPath.memory);
  readonly #gre: GreSocket;
  readonly #link: LinkClient;
  readonly loop: DataLoop;
  #session = 0;
  #ping: EchoPlace | undefined;
  #sequence = 0;
  #isHeard = false;
  #phase: 'waiting' | 'up' | 'down' = 'waiting';

  /** @throws SystemError without CAP_NET_RAW */
  constructor(options: TunnelOptions) {
    this.#options = options;
    const { localAddress, callId, credentials, clock, touched } = options;
    this.#gre = openGreSocket({
      memory: this.#dataPath.memory,
      addresses: [localAddress],
      callIds: { first: callId, last: callId },
    });
    this.#link = new LinkClient({
      credentials,
      mru: Mru,
      encryption: { policy: 'Required', keyLengths: [128], stateless: 'Required' },
      random: (size) => randomBytes(size),
    });
    this.loop = new DataLoop({
      dataPath: this.#dataPath,
      doors: this.#doors(),
      clock,
      control: (_, protocol, information, now) => this.#receive(protocol, information, now),
      events: () => this.#listen(),
      greRefused: (vector) => this.#noteUnsent(vector),
      tunRefused: () => {},
      touched,
    });
  }

  /** The link runs, opened or not yet. */
  get isUp(): boolean {
    return this.#phase === 'up';
  }

  /** Why the link will go down, as soon as it is known. */
  get failure(): LinkClient['failure'] {
    return this.#link.failure;
  }

  /** The server acknowledged some GRE of ours. */
  get isHeardByServer(): boolean {
    return this.#dataPath.greReport(this.#session).acknowledgedSequence !== undefined;
  }

  get deadline(): number {
    return this.#link.deadline;
  }

  expire(now: number): void {
    this.#carryOut(this.#link.expire(now), now);
  }

  /** The call is up: from now on GRE means something. */
  open({ callId, peersCallId, peersReceiveWindow }: Call): void {
    const { localAddress, peerAddress, clock } = this.#options;
    const addresses = { localAddress, peerAddress };
    this.#dataPath.open({ callId, peersCallId, peersReceiveWindow, ...addresses, requireEncryption: true });
    this.loop.start();
    this.#phase = 'up';
    this.#carryOut(this.#link.open(clock()), clock());
  }

  /** Pings the gateway with a packet that is `outerSize` bytes on the wire, DF set. Returns its sequence number. */
  ping(outerSize: number): number {
    const { tunIn } = this.#dataPath;
    const length = Math.max(smallestEcho, outerSize - mppeOverhead);
    this.#sequence = (this.#sequence + 1) & 0xffff;
    if (this.#ping === undefined) return this.#sequence;
    this.#dataPath.setPathMtu(this.#session, {
      tunnelMtu: length,
      pathMtu: length + mppeOverhead,
      confirmed: true,
    });
    writeEchoRequest(this.#bytes, tunIn.offsets[0]!, length, this.#ping, this.#sequence);
    tunIn.lengths[0] = length;
    tunIn.count = 1;
    this.#dataPath.receiveTun(this.#options.clock());
    this.loop.flush();
    return this.#sequence;
  }

  /** Terminate-Request; 'down' follows. */
  hangUp(): void {
    const now = this.#options.clock();
    this.#carryOut(this.#link.terminate('probe finished', now), now);
  }

  close(): void {
    this.loop.stop();
    this.#gre.close();
  }

  #doors(): PacketDoors {
    return {
      receiveGre: (vector) => {
        this.#takeErrors();
        return this.#gre.receive(vector);
      },
      sendGre: (vector) => this.#gre.send(vector),
      readTun: () => 0,
      writeTun: (vector) => this.#takeReplies(vector),
      watch: (ready) => openPoller({ descriptors: [this.#gre.fd], onReady: ready }),
    };
  }

  #receive(protocol: number, information: Uint8Array, now: number): void {
    if (protocol === Protocol.CHAP) this.#options.said({ type: 'challenged' });
    this.#carryOut(this.#link.receive(protocol, information, now), now);
  }

  #carryOut(outputs: readonly LinkClientOutput[], now: number): void {
    for (const output of outputs) this.#perform(output, now);
    this.loop.flush();
    this.#options.touched(this);
  }

  #perform(output: LinkClientOutput, now: number): void {
    const session = this.#session;
    switch (output.type) {
      case 'discarded':
        return;
      case 'transmit': {
        const kind = output.probe ? 'probe' : 'control';
        this.#dataPath.transmit(session, output.protocol, output.information, kind, now);
        return;
      }
      case 'encrypted':
        this.#dataPath.startEncryption(session, output.receive, output.transmit);
        break;
      case 'opened':
        this.#openGate(output);
        break;
      case 'restarted':
        this.#dataPath.stopNetwork(session);
        break;
      case 'down':
        this.#phase = 'down';
        this.#dataPath.stopNetwork(session);
    }
    this.#options.said(output);
  }

  #openGate({
    address,
    gatewayAddress,
    peersMru,
  }: {
    address: number;
    gatewayAddress: number;
    peersMru: number;
  }): void {
    this.#ping = { source: address, destination: gatewayAddress, identifier: randomBytes(2).readUInt16BE() };
    this.#dataPath.startNetwork(this.#session, {
      address: gatewayAddress,
      gatewayAddress: 0,
      tunnelMtu: peersMru + clearOverhead - mppeOverhead,
      pathMtu: peersMru + clearOverhead,
      destinations: Uint32Array.of(address, address),
    });
  }

  /** After each batch: the first sign of life. */
  #listen(): void {
    if (this.#isHeard || !this.#dataPath.greReport(this.#session).received) return;
    this.#isHeard = true;
    this.#options.said({ type: 'greReceived' });
  }

  /** What routers say about our packets. */
  #takeErrors(): void {
    const { said } = this.#options;
    for (const { origin, type, code, from } of this.#gre.receiveErrors()) {
      const by = origin === 'icmp' ? greRefusal(type, code, formatAddress(from)) : undefined;
      if (by !== undefined) said({ type: 'greRefused', by });
    }
  }

  #noteUnsent({ count, errnos, lengths }: PacketVector): void {
    for (let i = 0; i < count; i++) {
      const errno = errnos[i]!;
      if (errno !== 0) this.#options.said({ type: 'notSent', errno: errnoName(errno), size: lengths[i]! });
    }
  }

  #takeReplies({ count, offsets, lengths }: PacketVector): number {
    for (let i = 0; i < count && this.#ping !== undefined; i++) {
      const sequence = readEchoReply(this.#bytes, offsets[i]!, lengths[i]!, this.#ping);
      if (sequence !== undefined) this.#options.said({ type: 'pingAnswered', sequence });
    }
    return count;
  }
}
