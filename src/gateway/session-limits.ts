// Ends sessions that are idle, too old, or whose user expired. Looks once a second: limits are whole seconds, and the
// wall clock may jump.
import type { GatewayUser } from '../api/gateway-config.ts';
import type { LinkDownReason } from '../protocol/ppp/link-output.ts';

export interface Limits {
  /** Milliseconds; 0: never. */
  readonly idleTimeout: number;
  readonly maximumDuration: number;
}

interface Watched {
  readonly openedAt: number;
  packets: number;
  lastActiveAt: number;
}

export interface LimitReached {
  readonly reason: LinkDownReason;
  readonly detail: string;
}

export class SessionLimits {
  readonly #watched = new Map<number, Watched>();

  /** IP flows on session `index` from `now` on, perhaps not for the first time; its call came at `openedAt`. Monotonic ms. */
  begin(index: number, { openedAt, now }: { openedAt: number; now: number }): void {
    this.#watched.set(index, { openedAt, packets: 0, lastActiveAt: now });
  }

  end(index: number): void {
    this.#watched.delete(index);
  }

  /** `packets`: inner packets in both directions since the start; `now` monotonic, `wallClock` since the epoch, ms. */
  check(
    index: number,
    user: GatewayUser,
    limits: Limits,
    at: { packets: number; now: number; wallClock: number },
  ): LimitReached | undefined {
    const watched = this.#watched.get(index);
    if (watched === undefined) return undefined;
    if (at.packets !== watched.packets) {
      watched.packets = at.packets;
      watched.lastActiveAt = at.now;
    }
    if (user.expiresAt !== undefined && at.wallClock >= Date.parse(user.expiresAt)) {
      return { reason: 'expired', detail: `its VpnUser expired at ${user.expiresAt}` };
    }
    if (limits.maximumDuration > 0 && at.now - watched.openedAt >= limits.maximumDuration) {
      return { reason: 'session_timeout', detail: 'sessions.maxDuration is over' };
    }
    if (limits.idleTimeout > 0 && at.now - watched.lastActiveAt >= limits.idleTimeout) {
      return { reason: 'idle_timeout', detail: 'nothing was sent for sessions.idleTimeout' };
    }
    return undefined;
  }
}
