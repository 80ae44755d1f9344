// The last things that happened to sessions and that people outside should hear once: the operator makes Events of them.
// Bounded, whatever clients do; what the operator did not fetch in time is in the log.
import {
  type GatewayNotice,
  type GatewayNotices,
  mostNotices,
  type NoticeReason,
} from '../api/gateway-status.ts';
import type { NamespacedName } from '../api/names.ts';

export class NoticeLog {
  readonly #process: string;
  readonly #time: () => string;
  readonly #latest: GatewayNotice[] = [];
  #sequence = 0;

  /** `process` differs from one life of the gateway to the next. */
  constructor(process: string, time: () => string) {
    this.#process = process;
    this.#time = time;
  }

  add(reason: NoticeReason, message: string, user: NamespacedName | undefined): void {
    const named = user === undefined ? {} : { user: { namespace: user.namespace, name: user.name } };
    this.#latest.push({ sequence: ++this.#sequence, time: this.#time(), reason, message, ...named });
    if (this.#latest.length > mostNotices) this.#latest.shift();
  }

  view(): GatewayNotices {
    return { process: this.#process, now: this.#time(), latest: [...this.#latest] };
  }
}
