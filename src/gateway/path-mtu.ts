// Joins path MTU discovery with its session: turns sizes into LCP Echo-Requests and answers into proof, and tells the
// data path what holds. One per session, while IP flows.
import type { PathState } from '../api/gateway-status.ts';
import type { DataPath } from '../protocol/datapath/data-path.ts';
import { distance } from '../protocol/gre/serial.ts';
import type { GreHint } from '../protocol/ip/icmp.ts';
import { lcpLengthFor } from '../protocol/ip/overhead.ts';
import { PathMtuDiscovery } from '../protocol/ip/path-mtu.ts';
import type { PathMtuOptions, PathMtuOutput } from '../protocol/ip/path-mtu-output.ts';
import type { EchoReply, Session } from './session.ts';

/** A probe under way: its outer size, and the GRE sequence number it left with. */
interface Probe {
  readonly size: number;
  /** Undefined: no acknowledgment is waited for. */
  readonly sequence: number | undefined;
  readonly sentAt: number;
  /** What the peer had acknowledged when it left. */
  readonly acknowledgedBefore: number | undefined;
}

/** Identifiers are 8 bits: beyond this many the oldest probes are long lost. */
const MostProbes = 64;
/** An acknowledgment that comes later is for something else, ms. */
const AcknowledgedWithin = 5_000;

/** What people hear is said once for each value: a peer that answers at whim must not fill the log. */
export interface PathMtuNews {
  blackHole(session: Session, found: Extract<PathMtuOutput, { type: 'blackHole' }>): void;
  indeterminate(session: Session, found: Extract<PathMtuOutput, { type: 'indeterminate' }>): void;
  confirmed(session: Session, pathMtu: number): void;
  /** A probe left: `acknowledged` is to be called from now on. */
  probing(): void;
  /** A confirmed path takes less than before, and no black hole is the reason. */
  pathShrank(session: Session, found: { before: number; pathMtu: number; tunnelMtu: number }): void;
}

export class SessionPathMtu {
  readonly #session: Session;
  readonly #dataPath: DataPath;
  readonly #news: PathMtuNews;
  readonly #discovery: PathMtuDiscovery;
  readonly #probes = new Map<number, Probe>();
  #isConfirmed = false;
  /** Why nothing is known; undefined while something is. */
  #indeterminate: string | undefined;
  #lastConfirmed: number | undefined;
  #interfaceMtu: number;
  readonly #blackHoles = new Set<number>();
  readonly #shrunkTo = new Set<number>();
  #clampMtu = 0;

  constructor(session: Session, options: PathMtuOptions, dataPath: DataPath, news: PathMtuNews) {
    this.#session = session;
    this.#dataPath = dataPath;
    this.#news = news;
    this.#interfaceMtu = options.interfaceMtu;
    this.#discovery = new PathMtuDiscovery(options);
  }

  /** In one word, for people. */
  get state(): PathState {
    if (this.#indeterminate !== undefined) return 'Indeterminate';
    if (this.#lastConfirmed === undefined) return 'Searching';
    return this.#blackHoles.has(this.#lastConfirmed) ? 'BlackHole' : 'Confirmed';
  }

  get interfaceMtu(): number {
    return this.#interfaceMtu;
  }

  get peerAddress(): number {
    return this.#session.peerAddress;
  }

  /** Whether an ICMP error quotes a packet of this call. */
  isAbout({ source, destination, peersCallId }: GreHint): boolean {
    const { localAddress, peerAddress, call } = this.#session;
    return source === localAddress && destination === peerAddress && peersCallId === call.peersCallId;
  }

  get pathMtu(): number {
    return this.#discovery.pathMtu;
  }

  get tunnelMtu(): number {
    return this.#discovery.tunnelMtu;
  }

  get probes(): PathMtuDiscovery['probes'] {
    return this.#discovery.probes;
  }

  get deadline(): number {
    return this.#discovery.deadline;
  }

  start(now: number): void {
    this.#carryOut(this.#discovery.start(now), now);
  }

  expire(now: number): void {
    const { acknowledgedSequence } = this.#dataPath.greReport(this.#session.index);
    // Acknowledgments flow, and have not come as far as this probe: they may be slow, and tell nothing yet.
    for (const { size, sequence, acknowledgedBefore } of this.#probes.values())
      if (sequence !== undefined && acknowledgedSequence !== acknowledgedBefore)
        this.#discovery.passedOver(size);
    this.#carryOut(this.#discovery.expire(now), now);
  }

  /** The session ended or begins anew. What held to the last is remembered as of now, however long ago it was found. */
  stopped(): void {
    if (this.#isConfirmed) this.#news.confirmed(this.#session, this.#session.pathMtu);
  }

  echoReplied(reply: EchoReply, now: number): void {
    const probe = this.#probes.get(reply.identifier);
    if (!reply.probe || probe === undefined) return;
    // Identifiers come round again: the answer to another request proves nothing.
    if (reply.informationLength !== lcpLengthFor(probe.size)) return;
    this.#probes.delete(reply.identifier);
    this.#carryOut(this.#discovery.answered(probe.size, 'echo', now), now);
  }

  /** Looks whether an acknowledgment named a probe, for peers that answer no Echo-Request. False: none is waited for. */
  acknowledged(now: number): boolean {
    const { acknowledgedSequence } = this.#dataPath.greReport(this.#session.index);
    let isWaiting = false;
    for (const [identifier, probe] of this.#probes) {
      const { size, sequence, sentAt } = probe;
      if (sequence === undefined || now - sentAt > AcknowledgedWithin) continue;
      isWaiting = true;
      const ahead = acknowledgedSequence === undefined ? -1 : distance(acknowledgedSequence, sequence);
      if (ahead < 0) continue;
      this.#probes.set(identifier, { ...probe, sequence: undefined });
      if (ahead > 0) this.#discovery.passedOver(size);
      else this.#carryOut(this.#discovery.answered(size, 'acknowledgment', now), now);
    }
    return isWaiting;
  }

  /** EMSGSIZE: this host did not send a packet of `size` outer bytes. */
  refused(size: number, now: number): void {
    this.#carryOut(this.#discovery.refused(size, now), now);
  }

  /** ICMP fragmentation-needed quoted this call. */
  hinted(nextHopMtu: number, packetLength: number, now: number): void {
    this.#carryOut(this.#discovery.hinted(nextHopMtu, packetLength, now), now);
  }

  interfaceMtuChanged(interfaceMtu: number, now: number): void {
    this.#interfaceMtu = interfaceMtu;
    this.#carryOut(this.#discovery.interfaceMtuChanged(interfaceMtu, now), now);
  }

  sentLarge(): void {
    this.#discovery.sentLarge();
  }

  stallSuspected(now: number): void {
    this.#carryOut(this.#discovery.stallSuspected(now), now);
  }

  #carryOut(outputs: PathMtuOutput[], now: number): void {
    const before = this.#lastConfirmed;
    for (const output of outputs) {
      if (output.type === 'probe') this.#probe(output.size, now);
      else if (output.type === 'blackHole') this.#foundBlackHole(output);
      else this.#apply(output);
    }
    if (before !== undefined) this.#tellShrinking(before);
    if (this.#discovery.provenTunnelMtu !== this.#clampMtu) this.#tellDataPath();
  }

  #probe(size: number, now: number): void {
    const { index } = this.#session;
    const { sentSequence: before, acknowledgedSequence: acknowledgedBefore } =
      this.#dataPath.greReport(index);
    const identifier = this.#session.probe(lcpLengthFor(size), now);
    const last = this.#dataPath.greReport(index).sentSequence;
    // A full list, or an LCP that is not up: then the last packet is another one.
    const sequence = last === before ? undefined : last;
    this.#probes.delete(identifier);
    this.#probes.set(identifier, { size, sequence, sentAt: now, acknowledgedBefore });
    this.#news.probing();
    if (this.#probes.size > MostProbes) this.#probes.delete(this.#probes.keys().next().value!);
  }

  #foundBlackHole(output: Extract<PathMtuOutput, { type: 'blackHole' }>): void {
    this.#blackHoles.add(output.pathMtu);
    this.#news.blackHole(this.#session, output);
  }

  #tellShrinking(before: number): void {
    const { pathMtu, tunnelMtu } = this.#session;
    if (this.#lastConfirmed !== pathMtu || pathMtu >= before) return;
    if (this.#blackHoles.has(pathMtu) || this.#shrunkTo.has(pathMtu)) return;
    this.#shrunkTo.add(pathMtu);
    this.#news.pathShrank(this.#session, { before, pathMtu, tunnelMtu });
  }

  #apply(output: Extract<PathMtuOutput, { type: 'confirmed' | 'unconfirmed' | 'indeterminate' }>): void {
    const { pathMtu, tunnelMtu } = output;
    this.#session.pathMtu = pathMtu;
    this.#session.tunnelMtu = tunnelMtu;
    this.#isConfirmed = output.type === 'confirmed';
    this.#tellDataPath();
    if (output.type === 'confirmed') {
      this.#lastConfirmed = pathMtu;
      this.#indeterminate = undefined;
      this.#news.confirmed(this.#session, pathMtu);
    } else if (output.type === 'indeterminate' && output.reason !== this.#indeterminate) {
      this.#indeterminate = output.reason;
      this.#news.indeterminate(this.#session, output);
    }
  }

  #tellDataPath(): void {
    const { pathMtu, tunnelMtu } = this.#session;
    this.#clampMtu = this.#discovery.provenTunnelMtu;
    const confirmed = this.#isConfirmed;
    this.#dataPath.setPathMtu(this.#session.index, {
      pathMtu,
      tunnelMtu,
      confirmed,
      clampMtu: this.#clampMtu,
    });
  }
}
