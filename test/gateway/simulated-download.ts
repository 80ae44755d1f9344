// A download through a tunnel, in simulated time and with a seed: the real data paths of both ends, the gateway's path MTU
// machinery, and between them a line with a rate, a queue, loss and an MTU that may change. The sender is a plain TCP: a
// fixed window, one retransmission at a time, its timer doubled each time (RFC 6298), and it heeds ICMP (RFC 1191).
import type { Session } from '../../src/gateway/session.ts';
import { SessionNetwork, type SessionNetworkServices } from '../../src/gateway/session-network.ts';
import { noProbes } from '../../src/gateway/session-view.ts';
import { PathMtuMemory } from '../../src/protocol/ip/path-mtu-memory.ts';
import {
  anywhere,
  assignedAddress,
  clientAddress,
  createPair,
  createRandom,
  type End,
  gatewayAddress,
  innerPacket,
  officeAddress,
  serverAddress,
} from '../protocol/datapath/support.ts';

const lcp = 0xc021;
const echoRequest = 9;
const echoReply = 10;
const icmp = 1;
const tcp = 6;

export interface Line {
  mtu: number;
  /** Whether packets without DF that are too large come through, in pieces. */
  passesFragments: boolean;
  /** Each way, of each packet: 0 to 1. */
  loss: number;
  /** Both ways, ms, without the queue. */
  roundTrip: number;
  /** Bytes a millisecond towards the client, and those that may wait. */
  rate: number;
  queue: number;
}

export interface Client {
  answersEchoes: boolean;
  /** Whether it heeds what ICMP says of sizes; else a filter in the office swallows it. */
  hearsIcmp: boolean;
  /** Small packets a second that flow to it besides the download. */
  smallPackets: number;
}

interface Underway {
  readonly at: number;
  readonly packet: Uint8Array;
}

export class SimulatedDownload {
  readonly line: Line;
  readonly client: Client;
  readonly network: SessionNetwork;
  readonly session: Session;
  readonly memory: PathMtuMemory;
  readonly #pair: { server: End; client: End };
  readonly #random: () => number;
  readonly #timers = new Set<{ deadline: number; expire(now: number): void }>();
  #down: Underway[] = [];
  #up: Underway[] = [];
  #lineFreeAt = 0;
  #identifier = 0;
  now = 1000;
  /** The path MTUs that came to hold, in order. */
  readonly sizes: number[] = [];
  readonly news: string[] = [];
  isDownloading = false;
  /** TCP: first segment not acknowledged, next to send, size, timer. */
  #unacknowledged = 0;
  #next = 0;
  #segment = 1456;
  #timeout = 300;
  #resendAt = Infinity;
  #received = 0;
  #piece: { id: number; sequence: number; length: number } | undefined;

  /** `memory`: what earlier sessions of the same user learned. */
  constructor(
    line: Partial<Line> = {},
    client: Partial<Client> = {},
    seed = 1,
    memory = new PathMtuMemory(16),
  ) {
    this.memory = memory;
    this.line = {
      ...{ mtu: 1500, passesFragments: false, loss: 0, roundTrip: 100, rate: 1250, queue: 60_000 },
      ...line,
    };
    this.client = { answersEchoes: true, hearsIcmp: true, smallPackets: 0, ...client };
    this.#random = createRandom(seed);
    this.#pair = createPair({ keyLength: 128, stateless: true }, {}, { tunnelMtu: 1456, pathMtu: 1500 });
    // LCP has long since shown where the numbers begin: from then on each packet acknowledges (GRE-3, GRE-6).
    this.#pair.client.transmit(lcp, Uint8Array.of(echoReply, 0, 0, 8, 0, 0, 0, 0), this.now);
    this.#pair.server.fromWire(this.#pair.client.takeSent(), this.now);
    this.#pair.server.controls.length = 0;
    this.session = this.#createSession();
    this.network = new SessionNetwork(this.#services());
    this.network.opened(this.session, 1500, this.now);
  }

  get dataPath(): End['path'] {
    return this.#pair.server.path;
  }

  get received(): number {
    return this.#received;
  }

  get probes(): number {
    return this.network.pathMtuOf(this.session.index)?.probes.sent ?? 0;
  }

  /** Until `duration` ms have passed, or `isOver`. Returns the ms that passed. */
  run(duration: number, isOver: () => boolean = () => false): number {
    const begin = this.now;
    while (this.now - begin < duration && !isOver()) this.#tick();
    return this.now - begin;
  }

  #tick(): void {
    this.now++;
    const { server, client } = this.#pair;
    const { now } = this;
    client.fromWire(arrived(this.#down, now), now);
    this.#down = this.#down.filter(({ at }) => at > now);
    server.fromWire(arrived(this.#up, now), now);
    this.#up = this.#up.filter(({ at }) => at > now);
    this.#serveClient();
    this.#serveServer();
    if (this.isDownloading) this.#send();
    if (this.client.smallPackets > 0 && now % Math.round(1000 / this.client.smallPackets) === 0)
      server.fromTun([innerPacket({ source: officeAddress, destination: assignedAddress })], now);
    server.expire(now);
    client.expire(now);
    for (const timer of this.#timers) if (timer.deadline <= now) timer.expire(now);
    if (now % 1000 === 0) this.network.watchPaths(now);
    server.flush();
    this.#putDown(server.takeSent());
    for (const packet of client.takeSent())
      if (this.#random() >= this.line.loss) this.#up.push({ at: now + this.line.roundTrip / 2, packet });
  }

  #putDown(packets: Uint8Array[]): void {
    const { mtu, loss, roundTrip, rate, queue, passesFragments } = this.line;
    for (const packet of packets) {
      const isTooLong = packet.length > mtu && ((packet[6]! & 0x40) !== 0 || !passesFragments);
      const waiting = Math.max(0, this.#lineFreeAt - this.now) * rate;
      if (isTooLong || waiting > queue || this.#random() < loss) continue;
      this.#lineFreeAt = Math.max(this.now, this.#lineFreeAt) + packet.length / rate;
      this.#down.push({ at: this.#lineFreeAt + roundTrip / 2, packet });
    }
  }

  #serveClient(): void {
    const { client } = this.#pair;
    for (const { information } of client.controls.splice(0)) {
      if (information[0] !== echoRequest || !this.client.answersEchoes) continue;
      const reply = information.slice();
      reply[0] = echoReply;
      client.transmit(lcp, reply, this.now);
    }
    for (const packet of client.delivered.splice(0)) {
      const whole = packet[9] === tcp ? this.#reassemble(packet) : undefined;
      if (whole === undefined) continue;
      if (whole.sequence === this.#received) this.#received += whole.length - 40;
      client.fromTun([segment(assignedAddress, officeAddress, this.#received, 40)], this.now);
    }
  }

  /** Pieces come in order, or not at all. */
  #reassemble(packet: Uint8Array): { sequence: number; length: number } | undefined {
    const view = new DataView(packet.buffer, packet.byteOffset);
    const field = view.getUint16(6) & 0x3fff;
    const isFirst = (field & 0x1fff) === 0;
    const isLast = (field & 0x2000) === 0;
    if (isFirst) this.#piece = { id: view.getUint16(4), sequence: sequenceOf(packet), length: packet.length };
    else if (this.#piece?.id !== view.getUint16(4)) return undefined;
    else this.#piece.length += packet.length - 20;
    return isLast ? this.#piece : undefined;
  }

  #serveServer(): void {
    const { server } = this.#pair;
    for (const { information } of server.controls.splice(0)) {
      const { length } = information;
      const reply = { type: 'echoReply', identifier: information[1]!, informationLength: length } as const;
      this.network.echoReplied(this.session, { ...reply, roundTrip: 0, probe: true }, this.now);
    }
    this.network.acknowledged(this.now);
    const { stalled } = server.path;
    for (let i = 0; i < stalled.count; i++) this.network.stallSuspected(stalled.sessions[i]!, this.now);
    stalled.count = 0;
    for (const packet of server.delivered.splice(0)) {
      if (packet[9] === tcp) this.#acknowledged(sequenceOf(packet));
      if (packet[9] === icmp && this.client.hearsIcmp)
        this.#tooLong(((packet[26]! << 8) | packet[27]!) >>> 0);
    }
  }

  #acknowledged(sequence: number): void {
    if (sequence <= this.#unacknowledged) return;
    this.#unacknowledged = sequence;
    this.#next = Math.max(this.#next, sequence);
    this.#timeout = 300;
    this.#resendAt = this.now + this.#timeout;
  }

  #tooLong(mtu: number): void {
    this.#segment = Math.min(this.#segment, mtu);
    this.#next = this.#unacknowledged;
  }

  #send(): void {
    if (this.now >= this.#resendAt) {
      this.#next = this.#unacknowledged;
      this.#timeout = Math.min(2 * this.#timeout, 60_000);
      this.#resendAt = this.now + this.#timeout;
      this.#sendOne();
      return;
    }
    while (this.#next - this.#unacknowledged < 32 * 1416 && this.#timeout === 300) this.#sendOne();
    if (this.#next === this.#unacknowledged) this.#sendOne();
  }

  #sendOne(): void {
    if (this.#resendAt === Infinity) this.#resendAt = this.now + this.#timeout;
    const packet = segment(officeAddress, assignedAddress, this.#next, this.#segment);
    this.#next += this.#segment - 40;
    this.#pair.server.fromTun([packet], this.now);
  }

  #createSession(): Session {
    const { server } = this.#pair;
    const user = { namespace: 'vpn', name: 'alice', allowedDestinations: [] };
    return {
      index: server.session,
      call: { peersCallId: 7 },
      localAddress: serverAddress,
      peerAddress: clientAddress,
      address: assignedAddress,
      user,
      encryption: {},
      state: 'Established',
      tunnelMtu: 0,
      pathMtu: 0,
      earlierProbes: noProbes,
      probe: (length: number, now: number) => {
        this.#identifier = (this.#identifier + 1) & 0xff;
        const information = new Uint8Array(length);
        information.set([echoRequest, this.#identifier, length >>> 8, length & 0xff]);
        server.path.transmit(server.session, lcp, information, 'probe', now);
        return this.#identifier;
      },
    } as unknown as Session;
  }

  #services(): SessionNetworkServices {
    return {
      dataPath: this.#pair.server.path,
      addresses: { release: () => {} },
      limits: { begin: () => {}, end: () => {} },
      timer: {
        add: (one: never) => this.#timers.add(one),
        delete: (one: never) => this.#timers.delete(one),
        touch: () => {},
      },
      memory: this.memory,
      settings: () => ({ gatewayAddress, gatewayServesDns: false, destinations: anywhere }),
      wallClock: () => this.now,
      host: {
        addClient: () => {},
        removeClient: () => {},
        pathTowards: () => ({ interfaceMtu: 1500, routeMtu: 1500 }),
      },
      news: {
        blackHole: (_: Session, { pathMtu }: { pathMtu: number }) => this.news.push(`black hole ${pathMtu}`),
        indeterminate: () => this.news.push('indeterminate'),
        pathShrank: (_: Session, { pathMtu }: { pathMtu: number }) => this.news.push(`shrank to ${pathMtu}`),
      },
      recorder: { countHostError: () => {} },
    } as unknown as SessionNetworkServices;
  }
}

function arrived(underway: readonly Underway[], now: number): Uint8Array[] {
  return underway.filter(({ at }) => at <= now).map(({ packet }) => packet);
}

function segment(source: number, destination: number, sequence: number, length: number): Uint8Array {
  const payload = new Uint8Array(length - 20);
  const view = new DataView(payload.buffer);
  view.setUint16(0, 80);
  view.setUint16(2, 40_000);
  view.setUint32(4, sequence);
  payload[12] = 0x50;
  payload[13] = 0x10;
  return innerPacket({ source, destination, protocol: tcp, payload, dontFragment: true });
}

function sequenceOf(packet: Uint8Array): number {
  return new DataView(packet.buffer, packet.byteOffset).getUint32(24);
}
