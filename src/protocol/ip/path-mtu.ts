// The path MTU of one session (RFC 4821, RFC 8899 in spirit): when to search, what to believe meanwhile, what to say.
// Sans-IO; the search itself is in path-mtu-search.ts. All sizes are outer IPv4 packets unless called tunnel MTU.
//
//   start ──► find ───────► confirmed ──┬─ after 1 or 10 s, then every 9.5 min: look (has it grown, did loss fool us?)
//             │   ▲                     ├─ while large packets flow, every 2 s: check (it may have shrunk)
//             │   └─────────────────────┴─ a stall, ICMP, EMSGSIZE: check, and until it ends: unconfirmed
//             └──► indeterminate: nothing answers; hints are all there is, above the floor, for 10 minutes
//
// "Unconfirmed" is a promise to the data path: outer packets may leave without DF, so nothing hangs while we do not
// know. ICMP never sets a confirmed size: it only makes us look (whoever guesses a call id can forge it).
import { type Encryption, largestOuterFor, tunnelMtuFor } from './overhead.ts';
import { SizeHint } from './path-mtu-hint.ts';
import type { PathMtuOptions, PathMtuOutput } from './path-mtu-output.ts';
import { LookSchedule } from './path-mtu-schedule.ts';
import { type Found, PathMtuSearch, type SearchOptions, type Silent } from './path-mtu-search.ts';
import { ProbeLedger } from './probe-ledger.ts';
import { floorSize } from './usual-sizes.ts';

/** What most paths carry; assumed before anything is known. */
const cautiousSize = 1400;
/** From one to the next when large packets stall and nothing can be measured. */
const fallbackSizes = [cautiousSize, 1280, floorSize];
const hintInterval = 5000;
/** A round trip longer than this is an answer of long ago, ms. */
const longestRoundTrip = 3000;

export class PathMtuDiscovery {
  readonly #encryption: Encryption;
  readonly #peersMru: number;
  readonly #remembered: number | undefined;
  #interfaceMtu: number;
  #roundTrip: number | undefined;
  #search: PathMtuSearch | undefined;
  #pathMtu: number;
  #isConfirmed = false;
  #everConfirmed = false;
  /** Loss may have made the path MTU too small. */
  #isDoubtful = false;
  #answersEchoes = false;
  /** Large packets stay unacknowledged, and no search has told why. */
  #hasStalled = false;
  readonly #reportedBlackHoles = new Set<number>();
  readonly #hint = new SizeHint();
  readonly #schedule = new LookSchedule();
  readonly #ledger = new ProbeLedger();

  constructor(options: PathMtuOptions) {
    this.#encryption = options.encryption;
    this.#peersMru = options.peersMru;
    this.#interfaceMtu = options.interfaceMtu;
    this.#remembered = options.remembered;
    this.#roundTrip = options.roundTrip;
    this.#pathMtu = this.#clamp(options.remembered ?? cautiousSize);
  }

  /** For the metrics. */
  get probes(): ProbeLedger['counts'] {
    return this.#ledger.counts;
  }

  get pathMtu(): number {
    return this.#pathMtu;
  }

  get tunnelMtu(): number {
    return tunnelMtuFor(this.#pathMtu, this.#encryption);
  }

  /**
   * What a new TCP connection may count on: until a first search has ended, only what passed so far. What it is told at
   * its start stays, and no word of ours reaches a peer whose packets get lost on their way to us.
   */
  get provenTunnelMtu(): number {
    const first = this.#everConfirmed ? undefined : this.#search;
    const proven =
      first === undefined ? this.#pathMtu : this.#clamp(Math.max(this.#remembered ?? 0, first.proven));
    return tunnelMtuFor(proven, this.#encryption);
  }

  get isConfirmed(): boolean {
    return this.#isConfirmed;
  }

  get deadline(): number {
    if (this.#search !== undefined) return this.#search.deadline;
    const hintEnd = this.#everConfirmed ? Infinity : this.#hint.expires;
    return Math.min(this.#schedule.deadline, hintEnd);
  }

  /** Once, when IP may flow. */
  start(now: number): PathMtuOutput[] {
    return [this.#describe('unconfirmed'), ...this.#find(now)];
  }

  /**
   * A probe of `size` outer bytes arrived: its Echo-Reply came (truncated or not), or an acknowledgment named exactly
   * its sequence number. One that names a later packet proves nothing: RFC 2637 acknowledges the highest number seen.
   */
  answered(size: number, proof: 'echo' | 'acknowledgment', now: number): PathMtuOutput[] {
    // It got there, and the echo of that size is not back: if none comes, the path back is narrower, and that counts too.
    if (proof === 'acknowledgment' && this.#answersEchoes) return [];
    if (proof === 'echo') this.#answersEchoes = true;
    const wasAwaited = this.#ledger.answered(size, proof);
    if (size >= this.#pathMtu) this.#schedule.proven(now);
    if (this.#search !== undefined) return this.#advance(this.#search.answered(size, proof, now), now);
    const isPossible = size >= floorSize && size <= this.#ceiling;
    return wasAwaited && isPossible ? this.#answeredLate(size, now) : [];
  }

  /** An acknowledgment named a packet that left after a probe of `size`, which it can name no more. */
  passedOver(size: number): void {
    if (!this.#answersEchoes) this.#search?.passedOver(size);
  }

  /** EMSGSIZE: our host did not send a packet, probe or data, of `size` outer bytes. */
  refused(size: number, now: number): PathMtuOutput[] {
    if (this.#search !== undefined) return this.#advance(this.#search.refused(size, now), now);
    return size <= this.#pathMtu ? this.#doubt(now, hintInterval) : [];
  }

  /** An ICMP fragmentation-needed quoted a live call; `nextHopMtu` 0 = a router older than RFC 1191. */
  hinted(nextHopMtu: number, packetLength: number, now: number): PathMtuOutput[] {
    // Before anything is confirmed, a larger size than the cautious one is news as well.
    const known = this.#everConfirmed ? this.#pathMtu : this.#ceiling;
    const size = this.#hint.take(nextHopMtu, packetLength, known, now);
    if (size === undefined) return [];
    if (this.#everConfirmed) return this.#doubt(now, hintInterval);
    // Nobody answers our probes: then the hint is the best there is, until it expires.
    this.#pathMtu = this.#clamp(Math.min(size, this.#pathMtu));
    return this.#search === undefined ? [this.#describe('unconfirmed')] : [];
  }

  /** Large packets stay unacknowledged while small ones pass. */
  stallSuspected(now: number): PathMtuOutput[] {
    this.#hasStalled = true;
    const isWorthACheck = this.#everConfirmed && this.#search === undefined && this.#schedule.suspect(now);
    return isWorthACheck ? this.#doubt(now, 0) : [];
  }

  /** Packets near the path MTU were sent lately: worth asking every 2 s whether such still pass. */
  sentLarge(): void {
    if (this.#isConfirmed) this.#schedule.busy();
  }

  interfaceMtuChanged(interfaceMtu: number, now: number): PathMtuOutput[] {
    if (interfaceMtu === this.#interfaceMtu) return [];
    this.#interfaceMtu = interfaceMtu;
    const before = this.#pathMtu;
    this.#pathMtu = this.#clamp(before);
    // A smaller size needs no proof of its own: less than what passed passes.
    const lowered =
      this.#pathMtu < before ? [this.#describe(this.#isConfirmed ? 'confirmed' : 'unconfirmed')] : [];
    return [...lowered, ...this.#find(now)];
  }

  expire(now: number): PathMtuOutput[] {
    if (now < this.deadline) return [];
    if (this.#search !== undefined) return this.#advance(this.#search.expire(now), now);
    if (this.#hint.expires <= now) return this.#forgetHint(now);
    return this.#schedule.isLookDue(now) ? this.#find(now) : this.#check(now);
  }

  get #ceiling(): number {
    return Math.min(this.#interfaceMtu, largestOuterFor(this.#peersMru));
  }

  #clamp(size: number): number {
    return Math.min(Math.max(size, floorSize), this.#ceiling);
  }

  #forgetHint(now: number): PathMtuOutput[] {
    this.#hint.forget();
    if (this.#everConfirmed) return this.#find(now);
    this.#pathMtu = this.#clamp(this.#remembered ?? cautiousSize);
    return [this.#describe('unconfirmed'), ...this.#find(now)];
  }

  /** Ask at once whether the size still passes, and send without DF until that is known. */
  #doubt(now: number, interval: number): PathMtuOutput[] {
    if (this.#search !== undefined || !this.#schedule.mayDoubt(now, interval)) return [];
    this.#isConfirmed = false;
    return [this.#describe('unconfirmed'), ...this.#check(now)];
  }

  #check(now: number): PathMtuOutput[] {
    return this.#startSearch('check', this.#pathMtu, [this.#hint.size], now);
  }

  #find(now: number): PathMtuOutput[] {
    const purpose = this.#everConfirmed ? 'look' : 'find';
    return this.#startSearch(purpose, this.#ceiling, [this.#passedBefore, this.#hint.size], now);
  }

  get #passedBefore(): number | undefined {
    return this.#everConfirmed ? this.#pathMtu : this.#remembered;
  }

  #startSearch(
    purpose: SearchOptions['purpose'],
    limit: number,
    guesses: (number | undefined)[],
    now: number,
  ): PathMtuOutput[] {
    this.#ledger.giveUp();
    this.#search = new PathMtuSearch({
      purpose,
      limit,
      guesses: guesses.filter((size) => size !== undefined),
      passedBefore: this.#passedBefore,
      isDoubtful: this.#isDoubtful,
      roundTrip: this.#roundTrip,
    });
    this.#schedule.searching(purpose, now);
    return this.#probe(this.#search.open(now));
  }

  #probe(sizes: readonly number[]): PathMtuOutput[] {
    this.#ledger.sent(sizes);
    return sizes.map((size) => ({ type: 'probe', size }));
  }

  #advance(sizes: readonly number[], now: number): PathMtuOutput[] {
    const search = this.#search;
    if (search?.result === undefined) return this.#probe(sizes);
    this.#roundTrip = search.roundTrip ?? this.#roundTrip;
    this.#search = undefined;
    if (search.result.type === 'silent') return this.#concludeSilence(search.result, now);
    return this.#conclude(search.result, search.purpose, now);
  }

  #conclude({ size, isDoubtful }: Found, purpose: SearchOptions['purpose'], now: number): PathMtuOutput[] {
    const isNew = !this.#everConfirmed || size !== this.#pathMtu;
    const isTold = !isNew && this.#isConfirmed;
    this.#believe(Math.min(size, this.#ceiling));
    // A check asks for nothing larger.
    if (isNew || purpose !== 'check') this.#isDoubtful = isDoubtful;
    this.#schedule.concluded({ purpose, isNew, isNarrow: size < this.#ceiling, isDoubtful }, now);
    const told = isTold ? [] : [this.#describe('confirmed')];
    return this.#isDoubtful ? told : [...told, ...this.#blackHole(now)];
  }

  #believe(size: number): void {
    this.#pathMtu = size;
    this.#isConfirmed = true;
    this.#everConfirmed = true;
    this.#hasStalled = false;
  }

  /** An answer came after its search had ended: the path is slow, not narrow, and the search goes on with patience. */
  #answeredLate(size: number, now: number): PathMtuOutput[] {
    const isLarger = size > this.#pathMtu;
    if (!isLarger && this.#everConfirmed) return [];
    const took = Math.min(this.#schedule.sinceSearch(now), longestRoundTrip);
    this.#roundTrip = Math.max(this.#roundTrip ?? 0, took);
    if (!isLarger) return this.#find(now);
    this.#believe(size);
    this.#schedule.proven(now);
    return [this.#describe('confirmed'), ...this.#find(now)];
  }

  /** Silence says nothing of size: what was known stays, but unproven. */
  #concludeSilence({ smallAnswered, isUnclear }: Silent, now: number): PathMtuOutput[] {
    this.#schedule.silent({ isPromising: this.#everConfirmed || isUnclear }, now);
    if (isUnclear && !smallAnswered && this.#everConfirmed && this.#hasStalled) return this.#fallBack();
    if (this.#everConfirmed && !smallAnswered) return [];
    this.#isConfirmed = false;
    if (smallAnswered) this.#pathMtu = this.#clamp(floorSize);
    const { pathMtu, tunnelMtu } = this;
    const reason = smallAnswered ? 'only_small_answers' : 'no_answer';
    return [{ type: 'indeterminate', reason, pathMtu, tunnelMtu }];
  }

  /** Large packets stall, and no answer tells why: give up a size by steps, so that nobody hangs for ever. */
  #fallBack(): PathMtuOutput[] {
    this.#isConfirmed = false;
    this.#hasStalled = false;
    this.#pathMtu = this.#clamp(fallbackSizes.find((size) => size < this.#pathMtu) ?? floorSize);
    return [this.#describe('unconfirmed')];
  }

  #blackHole(now: number): PathMtuOutput[] {
    const announced = this.#hint.announced(this.#pathMtu, now);
    const isTold = this.#reportedBlackHoles.has(this.#pathMtu);
    if (this.#pathMtu >= this.#ceiling || announced || isTold) return [];
    this.#reportedBlackHoles.add(this.#pathMtu);
    const { pathMtu, tunnelMtu } = this;
    return [{ type: 'blackHole', pathMtu, tunnelMtu, interfaceMtu: this.#interfaceMtu }];
  }

  #describe(type: 'confirmed' | 'unconfirmed'): PathMtuOutput {
    return { type, pathMtu: this.#pathMtu, tunnelMtu: this.tunnelMtu };
  }
}
