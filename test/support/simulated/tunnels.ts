// The tunnels of a whole swarm of simulated clients: one raw GRE socket and one data path in the client's role.
import { type GreSocket, openGreSocket, openPoller } from 'node-tun';
import { DataLoop } from '../../../src/gateway/data-loop.ts';
import type { ExpiryTimer } from '../../../src/gateway/expiry-timer.ts';
import { readEchoReply, writeEchoRequest } from '../../../src/probe/echo.ts';
import type { PacketVector } from '../../../src/protocol/datapath/packet-vector.ts';
import { TypeScriptDataPath } from '../../../src/protocol/datapath/typescript-data-path.ts';
import { sourceOf } from '../../../src/protocol/ip/ipv4.ts';
import { clearOverhead, mppeOverhead } from '../../../src/protocol/ip/overhead.ts';
import type { LinkClientOutput } from '../../../src/protocol/ppp/link-client.ts';
import type { Call } from '../../../src/protocol/pptp/control-output.ts';
import type { SimulatedClient } from './client.ts';

type Network = Extract<LinkClientOutput, { type: 'opened' }>;

const PingIdentifier = 0x5157;

export class Tunnels {
  readonly #dataPath: TypeScriptDataPath;
  readonly #bytes: Uint8Array;
  readonly #gre: GreSocket;
  readonly #loop: DataLoop;
  readonly #clients = new Map<number, SimulatedClient>();
  #held = 0;
  #round = 0;
  readonly #networks = new Map<number, Network>();

  constructor(capacity: number, timer: ExpiryTimer) {
    this.#dataPath = new TypeScriptDataPath({ capacity });
    this.#bytes = new Uint8Array(this.#dataPath.memory);
    this.#gre = openGreSocket({
      memory: this.#dataPath.memory,
      receiveBuffer: 8 << 20,
      sendBuffer: 8 << 20,
    });
    this.#loop = new DataLoop({
      dataPath: this.#dataPath,
      doors: {
        receiveGre: () => this.#takeHeld(),
        sendGre: (vector) => this.#gre.send(vector),
        readTun: () => 0,
        writeTun: (vector) => this.#takeReplies(vector),
        watch: (ready) => openPoller({ descriptors: [this.#gre.fd], onReady: () => this.#hold(ready) }),
      },
      clock: () => performance.now(),
      control: (session, protocol, information, now) =>
        this.#clients.get(session)?.receive(protocol, information, now),
      events: () => {},
      greRefused: () => {},
      tunRefused: () => {},
      touched: (member) => timer.touch(member),
    });
    timer.add(this.#loop);
    this.#loop.start();
  }

  open(
    client: SimulatedClient,
    { callId, peersCallId, peersReceiveWindow }: Call,
    addresses: { localAddress: number; peerAddress: number },
  ): number {
    const call = { callId, peersCallId, peersReceiveWindow, ...addresses, requireEncryption: true };
    const session = this.#dataPath.open(call);
    if (session === undefined) throw new Error('no room for another tunnel, or its call id is taken');
    this.#clients.set(session, client);
    return session;
  }

  transmit(session: number, frame: Extract<LinkClientOutput, { type: 'transmit' }>, now: number): void {
    const kind = frame.probe ? 'probe' : 'control';
    this.#dataPath.transmit(session, frame.protocol, frame.information, kind, now);
  }

  encrypt(session: number, keys: Extract<LinkClientOutput, { type: 'encrypted' }>): void {
    this.#dataPath.startEncryption(session, keys.receive, keys.transmit);
  }

  /** The peer is the gateway, the same inner address for everyone: each session gets a stand-in that is its own. */
  startNetwork(
    session: number,
    network: Network,
    kind: 'one of many' | 'default route' = 'one of many',
  ): void {
    const { address, peersMru } = network;
    this.#dataPath.startNetwork(session, {
      address: (0xf0000000 | session) >>> 0,
      gatewayAddress: 0,
      sources: Uint32Array.of(0, 0xffffffff),
      isDefaultRoute: kind === 'default route',
      tunnelMtu: peersMru + clearOverhead - mppeOverhead,
      pathMtu: peersMru + clearOverhead,
      destinations: Uint32Array.of(address, address),
    });
    this.#networks.set(session, network);
  }

  /** From now on only replies to pings that follow are counted: an earlier one may still be on its way. */
  beginRound(): void {
    this.#round = (this.#round + 1) & 0xffff;
  }

  /** Sends one encrypted ICMP echo of `length` inner bytes; the reply is counted at the client. */
  ping(client: SimulatedClient, destination: number, length: number): void {
    const { session } = client;
    const network = session === undefined ? undefined : this.#networks.get(session);
    if (session === undefined || network === undefined) return;
    this.startNetwork(session, network, 'default route');
    const { tunIn } = this.#dataPath;
    const place = { source: client.address, destination, identifier: PingIdentifier };
    writeEchoRequest(this.#bytes, tunIn.offsets[0]!, length, place, this.#round);
    tunIn.lengths[0] = length;
    tunIn.count = 1;
    this.#dataPath.receiveTun(performance.now());
    this.flush();
  }

  flush(): void {
    this.#loop.flush();
  }

  close(session: number): void {
    this.#dataPath.close(session);
    this.#clients.delete(session);
    this.#networks.delete(session);
  }

  /**
   * The server's first frame follows its Outgoing-Call-Reply closely: what comes waits until the event loop has read TCP
   * once more, or it would belong to no call yet.
   */
  #hold(ready: () => void): void {
    if (this.#held > 0) return;
    this.#gre.receiveErrors();
    this.#held = this.#gre.receive(this.#dataPath.greIn);
    if (this.#held > 0) setImmediate(ready);
  }

  #takeHeld(): number {
    const held = this.#held;
    this.#held = 0;
    return held;
  }

  #takeReplies({ count, offsets, lengths }: PacketVector): number {
    for (let i = 0; i < count; i++)
      for (const client of this.#clients.values()) {
        const source = sourceOf(this.#bytes, offsets[i]!);
        const place = { source: client.address, destination: source, identifier: PingIdentifier };
        const sequence = readEchoReply(this.#bytes, offsets[i]!, lengths[i]!, place);
        if (sequence === this.#round) client.pingsAnswered++;
      }
    return count;
  }
}
