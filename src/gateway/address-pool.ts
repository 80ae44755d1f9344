// The inner addresses of one gateway: who has which, who may have which next. Kept as ranges and as what is taken, so
// that a /8 costs no more than a /24. Addresses are numbers; users are named by a key the caller chooses.
import {
  addressCount,
  type Cidr,
  contains,
  firstAddress,
  lastAddress,
  overlap,
  subtract,
} from '../protocol/ip/address.ts';
import { BoundedTable } from './bounded-table.ts';

/** An address rests this long before another user gets it: its old peers and conntrack entries must forget it. */
const QuarantineTime = 60_000;

/** How long and for how many users it is remembered which address they had. */
const MemoryTime = 30 * 24 * 3_600_000;
const MemoryCapacity = 65_536;

export interface AddressPoolSettings {
  readonly pools: readonly { readonly cidr: Cidr; readonly exclude: readonly Cidr[] }[];
  readonly gatewayAddress: number;
  /** Fixed addresses by user; no other user gets them. */
  readonly fixed: ReadonlyMap<string, number>;
  /** Of the pools, what this gateway may give out; who has an address beside it keeps it. Absent: everything. */
  readonly slice?: readonly Cidr[];
}

export interface Lease {
  readonly address: number;
  readonly user: string;
}

export class AddressPool {
  #settings: AddressPoolSettings;
  /** What is left of the pools, in their order: no network and broadcast addresses, no excluded ones. */
  #ranges: readonly Cidr[];
  /** What of them lies in the slice. */
  #grantable: readonly Cidr[];
  #ownerOfFixed: ReadonlyMap<number, string>;
  readonly #leases = new Map<number, string>();
  readonly #quarantine = new BoundedTable<number, string>({
    capacity: Number.POSITIVE_INFINITY, // no more than were leased within a minute
    lifetime: QuarantineTime,
    whenFull: 'forgetOldest',
  });
  readonly #remembered = new BoundedTable<string, number>({
    capacity: MemoryCapacity,
    lifetime: MemoryTime,
    whenFull: 'forgetOldest',
  });
  /** Where the search for a free address goes on: the one longest untouched is likely the one after the last. */
  #cursor = { range: 0, offset: 0 };

  constructor(settings: AddressPoolSettings) {
    this.#settings = settings;
    this.#ranges = usableRanges(settings);
    this.#grantable = within(this.#ranges, settings.slice);
    this.#ownerOfFixed = invert(settings.fixed);
  }

  /**
   * The user's fixed address, else the one the user had last, else a free one. undefined: none is free. A session that
   * replaces another releases that one's address first; the same user need not wait for the quarantine.
   */
  lease(user: string, now: number): number | undefined {
    const wanted = [this.#settings.fixed.get(user), this.#remembered.get(user, now)];
    const had = wanted.find((address) => address !== undefined && this.#isFree(address, user, now));
    const address = had ?? this.#search(user, now);
    if (address === undefined) return undefined;
    this.#leases.set(address, user);
    this.#quarantine.delete(address);
    this.#remembered.set(user, address, now);
    return address;
  }

  /** Harmless for an address that is not leased. */
  release(address: number, now: number): void {
    const user = this.#leases.get(address);
    if (user === undefined) return;
    this.#leases.delete(address);
    this.#quarantine.set(address, user, now);
  }

  /** `total`: addresses that can be leased. `used`: leased ones, also those a reload has left outside. */
  counts(): { total: number; used: number } {
    const pooled = this.#grantable.reduce((sum, range) => sum + addressCount(range), 0);
    const isOutside = (address: number) => !this.#grantable.some((range) => contains(range, address));
    const fixedOutside = [...this.#ownerOfFixed.keys()].filter(isOutside).length;
    return { total: pooled + fixedOutside, used: this.#leases.size };
  }

  /** Leases stay. Those that the new settings would not grant are returned: their sessions have to end. */
  reload(settings: AddressPoolSettings): Lease[] {
    this.#settings = settings;
    this.#ranges = usableRanges(settings);
    this.#grantable = within(this.#ranges, settings.slice);
    this.#ownerOfFixed = invert(settings.fixed);
    this.#cursor = { range: 0, offset: 0 };
    const leases = Array.from(this.#leases, ([address, user]) => ({ address, user }));
    return leases.filter(({ address, user }) => !this.#mayHave(address, user));
  }

  #mayHave(address: number, user: string): boolean {
    const owner = this.#ownerOfFixed.get(address);
    return owner === undefined ? this.#isPooled(address) : owner === user;
  }

  #mayGive(address: number, user: string): boolean {
    const owner = this.#ownerOfFixed.get(address);
    if (owner !== undefined) return owner === user;
    return this.#grantable.some((range) => contains(range, address));
  }

  #isPooled(address: number): boolean {
    return this.#ranges.some((range) => contains(range, address));
  }

  #isFree(address: number, user: string, now: number): boolean {
    if (this.#leases.has(address) || !this.#mayGive(address, user)) return false;
    return (this.#quarantine.get(address, now) ?? user) === user;
  }

  /** Only what is taken is passed over, so the search ends after as many steps as that, whatever the pools' size. */
  #search(user: string, now: number): number | undefined {
    const taken = this.#leases.size + this.#quarantine.size + this.#ownerOfFixed.size;
    for (let step = 0; step <= taken; step++) {
      const address = this.#next();
      if (address === undefined || this.#isFree(address, user, now)) return address;
    }
    return undefined;
  }

  #next(): number | undefined {
    const { range, offset } = this.#cursor;
    const cidr = this.#grantable[range];
    if (cidr === undefined) return undefined;
    const isLast = offset + 1 === addressCount(cidr);
    this.#cursor = isLast
      ? { range: (range + 1) % this.#grantable.length, offset: 0 }
      : { range, offset: offset + 1 };
    return cidr.address + offset;
  }
}

function usableRanges({ pools, gatewayAddress }: AddressPoolSettings): Cidr[] {
  return pools.flatMap(({ cidr, exclude }) => {
    // A /31 and a /32 have no network and broadcast address (RFC 3021).
    const ends = cidr.prefixLength < 31 ? [firstAddress(cidr), lastAddress(cidr)] : [];
    const holes = [
      ...exclude,
      ...[...ends, gatewayAddress].map((address) => ({ address, prefixLength: 32 })),
    ];
    return holes.reduce((left, hole) => left.flatMap((range) => subtract(range, hole)), [cidr]);
  });
}

/** The parts of the ranges that lie in the slice: of two ranges that overlap, one holds the other. */
function within(ranges: readonly Cidr[], slice: readonly Cidr[] | undefined): readonly Cidr[] {
  if (slice === undefined) return ranges;
  return ranges.flatMap((range) =>
    slice
      .filter((part) => overlap(range, part))
      .map((part) => (part.prefixLength > range.prefixLength ? part : range)),
  );
}

function invert(fixed: ReadonlyMap<string, number>): Map<number, string> {
  return new Map(Array.from(fixed, ([user, address]) => [address, user]));
}
