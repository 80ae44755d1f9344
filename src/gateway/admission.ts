// Limits before login: how many control connections may be waiting for their authentication, in all and per network.
// Refuses at random as the room fills, so that a flood cannot shut everyone out for sure; a source that recently
// logged in waits in a room of its own. Guesses at passwords are not its business: see penalties.ts.
import { BoundedTable } from './bounded-table.ts';

/** Unauthenticated connections of strangers, in all; early drop begins at half of it. */
const Strangers = 64;
const EarlyDropFrom = Strangers / 2;
const StrangersPerNetwork = 4;

/** The same for sources that logged in within a day: an office behind one NAT redials all at once after an outage. */
const Acquaintances = 256;
const AcquaintancesPerSource = 64;
const AcquaintanceTime = 24 * 3_600_000;
const AcquaintanceCapacity = 4_096;

/** From TCP's accept to the end of authentication, ms. */
export const AuthenticationTime = 20_000;

export type AdmissionRefusal = 'room_full' | 'early_drop' | 'network_full' | 'source_full';

/** One admitted connection, until it is authenticated or gone. */
export interface Ticket {
  readonly address: number;
  /** Monotonic ms: end the connection if it is not authenticated by then. */
  readonly authenticateBy: number;
}

export type Admitted =
  | { readonly accepted: true; readonly ticket: Ticket }
  | { readonly accepted: false; readonly reason: AdmissionRefusal };

export class Admission {
  readonly #random: () => number;
  readonly #strangers = new Room();
  readonly #acquaintances = new Room();
  readonly #succeeded = new BoundedTable<number, true>({
    capacity: AcquaintanceCapacity,
    lifetime: AcquaintanceTime,
    whenFull: 'forgetOldest',
  });

  /** `random` yields numbers from 0 up to, not including, 1. */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Connections waiting for their authentication. */
  get waiting(): number {
    return this.#strangers.size + this.#acquaintances.size;
  }

  admit(address: number, now: number): Admitted {
    const isAcquaintance = this.#succeeded.get(address, now) === true;
    const reason = isAcquaintance ? this.#judgeAcquaintance(address) : this.#judgeStranger(address);
    if (reason !== undefined) return { accepted: false, reason };
    const ticket = { address, authenticateBy: now + AuthenticationTime };
    if (isAcquaintance) this.#acquaintances.enter(ticket, address);
    else this.#strangers.enter(ticket, networkOf(address));
    return { accepted: true, ticket };
  }

  /** The connection's user logged in: it waits no more, and its source is known from now on. */
  authenticated(ticket: Ticket, now: number): void {
    this.ended(ticket);
    this.#succeeded.set(ticket.address, true, now);
  }

  /** The connection is gone. Harmless after authenticated() and when called twice. */
  ended(ticket: Ticket): void {
    this.#strangers.leave(ticket);
    this.#acquaintances.leave(ticket);
  }

  #judgeStranger(address: number): AdmissionRefusal | undefined {
    const { size } = this.#strangers;
    if (size >= Strangers) return 'room_full';
    if (this.#strangers.countOf(networkOf(address)) >= StrangersPerNetwork) return 'network_full';
    const dropProbability = (size - EarlyDropFrom) / (Strangers - EarlyDropFrom);
    return this.#random() < dropProbability ? 'early_drop' : undefined;
  }

  #judgeAcquaintance(address: number): AdmissionRefusal | undefined {
    if (this.#acquaintances.size >= Acquaintances) return 'room_full';
    return this.#acquaintances.countOf(address) >= AcquaintancesPerSource ? 'source_full' : undefined;
  }
}

/** Who waits, and how many of each group (a /24 or an address). As large as the limits let it grow. */
class Room {
  readonly #groups = new Map<Ticket, number>();
  readonly #counts = new Map<number, number>();

  get size(): number {
    return this.#groups.size;
  }

  countOf(group: number): number {
    return this.#counts.get(group) ?? 0;
  }

  enter(ticket: Ticket, group: number): void {
    this.#groups.set(ticket, group);
    this.#counts.set(group, this.countOf(group) + 1);
  }

  leave(ticket: Ticket): void {
    const group = this.#groups.get(ticket);
    if (group === undefined) return;
    this.#groups.delete(ticket);
    if (this.countOf(group) > 1) this.#counts.set(group, this.countOf(group) - 1);
    else this.#counts.delete(group);
  }
}

/** The /24: what one attacker usually holds when it holds more than one address. */
export function networkOf(address: number): number {
  return address >>> 8;
}
