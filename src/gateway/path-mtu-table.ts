// The path MTU machinery of all sessions, found by session, or by the peer that an ICMP error speaks of: such errors can be forged
// by the thousand, and must not each cost a walk through all sessions.
import type { GreHint } from '../protocol/ip/icmp.ts';
import type { SessionPathMtu } from './path-mtu.ts';

export class PathMtuTable {
  readonly #byIndex = new Map<number, SessionPathMtu>();
  /** By the peer's address: many clients may be behind one. */
  readonly #byPeer = new Map<number, Set<SessionPathMtu>>();

  get(index: number): SessionPathMtu | undefined {
    return this.#byIndex.get(index);
  }

  /** By index. */
  entries(): IterableIterator<[number, SessionPathMtu]> {
    return this.#byIndex.entries();
  }

  add(index: number, pathMtu: SessionPathMtu): void {
    this.#byIndex.set(index, pathMtu);
    const neighbours = this.#byPeer.get(pathMtu.peerAddress) ?? new Set();
    this.#byPeer.set(pathMtu.peerAddress, neighbours.add(pathMtu));
  }

  delete(index: number): void {
    const pathMtu = this.#byIndex.get(index);
    if (pathMtu === undefined) return;
    this.#byIndex.delete(index);
    const neighbours = this.#byPeer.get(pathMtu.peerAddress);
    neighbours?.delete(pathMtu);
    if (neighbours?.size === 0) this.#byPeer.delete(pathMtu.peerAddress);
  }

  /** Those whose packet an ICMP error quotes: one, unless two calls have the same peer's call id. */
  about(hint: GreHint): SessionPathMtu[] {
    const neighbours = this.#byPeer.get(hint.destination);
    return neighbours === undefined ? [] : [...neighbours].filter((pathMtu) => pathMtu.isAbout(hint));
  }
}
