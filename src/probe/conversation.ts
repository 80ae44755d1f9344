// One call to one server as the probe's steps see it: sockets, timer and machines on one side, an ordered list of what
// happened on the other.
import { randomInt } from 'node:crypto';
import type { Socket } from 'node:net';
import { type Expirable, ExpiryTimer } from '../gateway/expiry-timer.ts';
import { parseAddress } from '../protocol/ip/address.ts';
import type { Credentials } from '../protocol/ppp/chap-peer.ts';
import type { ControlClientOutput } from '../protocol/pptp/control-client.ts';
import { ControlDialogue } from './control-dialogue.ts';
import { controlFailure, linkFailure, StepFailed } from './failure.ts';
import { Mailbox } from './mailbox.ts';
import { Tunnel, type TunnelNews } from './tunnel.ts';

export type News = ControlClientOutput | TunnelNews;

/** What the polite end may take, ms. */
const FarewellTime = 1_000;

export class Conversation {
  readonly #news = new Mailbox<News>();
  readonly #timer = new ExpiryTimer(clock);
  readonly #patience: number;
  #control: ControlDialogue | undefined;
  #tunnel: Tunnel | undefined;

  /** @param patience how long each step may take, ms */
  constructor(patience: number) {
    this.#patience = patience;
  }

  get tunnel(): Tunnel {
    if (this.#tunnel === undefined) throw new Error('the tunnel is made before it is used');
    return this.#tunnel;
  }

  /** Begins the control connection; GRE is heard from `tunnel.open` on. @throws SystemError without CAP_NET_RAW */
  begin(socket: Socket, credentials: Credentials): void {
    const callId = randomInt(1, 0x10000);
    const said = (news: News) => this.#news.post(news);
    const touched = (member: Expirable) => this.#timer.touch(member);
    const shared = { callId, clock, said, touched } as const;
    this.#tunnel = new Tunnel({
      ...shared,
      credentials,
      localAddress: parseAddress(socket.localAddress ?? '') ?? 0,
      peerAddress: parseAddress(socket.remoteAddress ?? '') ?? 0,
    });
    this.#control = new ControlDialogue({ ...shared, socket });
    for (const member of [this.#tunnel, this.#tunnel.loop, this.#control]) this.#timer.add(member);
    this.#control.open();
  }

  /**
   * The first piece of news that `judge` makes something of. `judge` may throw StepFailed.
   * @throws StepFailed `late` after the patience, and whatever ended the session
   */
  async until<Found>(judge: (news: News) => Found | undefined, late: () => StepFailed): Promise<Found> {
    const end = clock() + this.#patience;
    for (;;) {
      const news = await this.#news.next(end - clock());
      if (news === undefined) throw late();
      const found = judge(news);
      if (found !== undefined) return found;
      this.#throwIfOver(news);
    }
  }

  /** The next news, or undefined after `patience` ms. @throws StepFailed what ended the session */
  async next(patience: number): Promise<News | undefined> {
    const news = await this.#news.next(patience);
    if (news !== undefined) this.#throwIfOver(news);
    return news;
  }

  async close(): Promise<void> {
    if (this.#control !== undefined && this.#tunnel !== undefined)
      await this.#sayGoodbye(this.#control, this.#tunnel);
    this.#control?.destroy();
    this.#tunnel?.close();
    this.#timer.close();
  }

  #throwIfOver(news: News): void {
    switch (news.type) {
      case 'failed':
        throw controlFailure(news.failure);
      case 'down':
        throw linkFailure(news);
      case 'callEnd': {
        // TCP may be quicker than the goodbyes over GRE: what GRE said before is the reason.
        const failure = this.#tunnel?.failure;
        throw failure === undefined ? new StepFailed('lost', 'it cleared the call') : linkFailure(failure);
      }
      case 'greRefused':
        throw new StepFailed('gre_rejected', news.by);
    }
  }

  async #sayGoodbye(control: ControlDialogue, tunnel: Tunnel): Promise<void> {
    const end = clock() + FarewellTime;
    const waitFor = async (type: News['type']) => {
      for (;;) {
        const news = await this.#news.next(end - clock());
        if (news === undefined || news.type === type || news.type === 'close') return;
      }
    };
    if (tunnel.isUp) {
      tunnel.hangUp();
      await waitFor('down');
    }
    control.clearCall();
    await waitFor('close');
  }
}

/** Monotonic ms. */
export function clock(): number {
  return performance.now();
}
