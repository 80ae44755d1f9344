// All calls of one gateway: which control connection and which data-path index belong to which session, from the
// Outgoing-Call-Request to the end. What a login may have and what is told of it are decided elsewhere.
import type { GatewayUser } from '../api/gateway-config.ts';
import type { DataPath } from '../protocol/datapath/data-path.ts';
import type { AuthenticationAttempt, LinkOptions, Verdict } from '../protocol/ppp/link.ts';
import type { LinkDownReason } from '../protocol/ppp/link-output.ts';
import type { Call } from '../protocol/pptp/control-connection.ts';
import type { CallIds } from './call-ids.ts';
import type { ControlPeer } from './control-peer.ts';
import type { ExpiryTimer } from './expiry-timer.ts';
import { type GreJudgement, judgeGre, takenOver } from './gre-verdict.ts';
import type { Journal } from './journal.ts';
import type { GatewayRecorder } from './metrics.ts';
import { NatTakeover } from './nat-takeover.ts';
import { type EchoReply, Session, type SessionOwner } from './session.ts';
import type { SessionNetwork } from './session-network.ts';
import { totalsOf } from './snapshot.ts';

/** Call-Disconnect-Notify result codes (RFC 2637 §2.13). */
const LostCarrier = 1;
const AdminShutdown = 3;
/** Ms from the call to the first GRE of a slow client: an end before that says nothing of the path. */
const LeastSilence = 2_000;

/** What the rest of the gateway does for its sessions. */
export interface SessionServices {
  dataPath: DataPath;
  callIds: CallIds;
  timer: ExpiryTimer;
  journal: Journal;
  recorder: Pick<GatewayRecorder, 'countControlDiscard'>;
  network: SessionNetwork;
  linkOptions: () => LinkOptions;
  wallClock: () => number;
  authenticate: SessionOwner['authenticate'];
  /** Sends what waits in the data path. */
  flush: () => void;
  /** A user logged in over this control connection. */
  authenticated: (peer: ControlPeer, now: number) => void;
}

export class Sessions implements SessionOwner {
  readonly #services: SessionServices;
  readonly #byIndex = new Map<number, Session>();
  readonly #byPeer = new Map<ControlPeer, Session>();
  readonly #peers = new Map<Session, ControlPeer>();
  readonly #takeover: NatTakeover;

  constructor(services: SessionServices) {
    this.#services = services;
    this.#takeover = new NatTakeover((index) => services.dataPath.greReport(index));
  }

  get all(): IterableIterator<Session> {
    return this.#byIndex.values();
  }

  get count(): number {
    return this.#byIndex.size;
  }

  get authenticatedCount(): number {
    let count = 0;
    for (const session of this.#byIndex.values()) if (session.user !== undefined) count++;
    return count;
  }

  /** Oldest first. */
  ofUser(user: Pick<GatewayUser, 'namespace' | 'name'>): Session[] {
    const same = (session: Session) =>
      session.user?.name === user.name && session.user.namespace === user.namespace;
    return [...this.#byIndex.values()].filter(same).sort((one, other) => one.startedAt - other.startedAt);
  }

  callOpened(peer: ControlPeer, call: Call, now: number): void {
    const { dataPath, timer, journal, linkOptions, wallClock } = this.#services;
    const link = linkOptions();
    const { localAddress, peerAddress } = peer;
    const requireEncryption = link.encryption.policy === 'Required';
    const index = dataPath.open({ ...call, localAddress, peerAddress, requireEncryption });
    if (index === undefined) {
      this.#refuseCall(peer, call, now);
      return;
    }
    const session = new Session(
      { index, call, localAddress, peerAddress, link, startedAt: wallClock(), openedAt: now },
      dataPath,
      this,
    );
    this.#byIndex.set(index, session);
    this.#byPeer.set(peer, session);
    this.#peers.set(session, peer);
    timer.add(session);
    journal.connected(session);
    session.open(now);
  }

  /** The control connection ended the call, or is gone: nothing more can be said to the client. */
  callEnded(peer: ControlPeer, reason: string, now: number): void {
    const session = this.#byPeer.get(peer);
    if (session === undefined) return;
    session.lost(...callEndWords(reason), now);
  }

  control(index: number, protocol: number, information: Uint8Array, now: number): void {
    const session = this.#byIndex.get(index);
    session?.receive(protocol, information, now);
    if (session !== undefined) this.#services.timer.touch(session);
  }

  /** What the data path had to say beyond packets. */
  handleDataPathEvents(now: number): void {
    const { resetsNeeded, desynchronized, stalled } = this.#services.dataPath;
    for (let i = 0; i < resetsNeeded.count; i++)
      this.#byIndex.get(resetsNeeded.sessions[i]!)?.requestReset(now);
    resetsNeeded.count = 0;
    for (let i = 0; i < desynchronized.count; i++) {
      const text = 'too many packets were lost to follow the encryption; dial again';
      this.#byIndex.get(desynchronized.sessions[i]!)?.terminate('mppe_desync', text, now);
    }
    desynchronized.count = 0;
    for (let i = 0; i < stalled.count; i++) this.#services.network.stallSuspected(stalled.sessions[i]!, now);
    stalled.count = 0;
  }

  authenticated(session: Session, now: number): void {
    const peer = this.#peers.get(session);
    if (peer !== undefined) this.#services.authenticated(peer, now);
  }

  authenticate(session: Session, attempt: AuthenticationAttempt, now: number): Verdict {
    return this.#services.authenticate(session, attempt, now);
  }

  opened(session: Session, peersMru: number, now: number): void {
    this.#services.network.opened(session, peersMru, now);
    this.#services.journal.opened(session);
  }

  restarted(session: Session): void {
    this.#services.network.stopped(session);
    this.#services.journal.restarted(session);
  }

  echoReplied(session: Session, reply: EchoReply, now: number): void {
    this.#services.network.echoReplied(session, reply, now);
  }

  discard(reason: string): void {
    this.#services.recorder.countControlDiscard(reason);
  }

  hurried(session: Session): void {
    this.#services.timer.touch(session);
  }

  faulted(error: unknown): void {
    this.#services.journal.faulted(error);
  }

  makeRoom(): void {
    this.#services.flush();
  }

  ended(session: Session, reason: LinkDownReason, detail: string, now: number): void {
    const { dataPath, callIds, timer, journal, wallClock } = this.#services;
    const totals = totalsOf(dataPath.counters(session.index));
    const hadTime = now - session.openedAt >= LeastSilence;
    const blocked = hadTime && !session.hearsUs ? this.#judgeGre(session) : undefined;
    dataPath.close(session.index);
    callIds.release(session.call.callId);
    timer.delete(session);
    this.#byIndex.delete(session.index);
    const peer = this.#peers.get(session);
    this.#peers.delete(session);
    if (peer !== undefined) this.#byPeer.delete(peer);
    this.#services.network.released(session, now);
    if (session.wasOpened)
      journal.ended(session, reason, detail, totals, Math.round((wallClock() - session.startedAt) / 1000));
    else if (blocked !== undefined) journal.failed(session, 'no_gre', blocked.detail);
    else journal.failed(session, session.refusal ?? reason, detail);
    peer?.clearCall(reason === 'peer_terminated' ? LostCarrier : AdminShutdown, now);
  }

  /** Some seconds after a call was set up: does GRE pass at all? Said once a call. */
  judgeSilence(now: number): void {
    for (const session of this.#byIndex.values()) {
      if (session.hearsUs || session.isJudged || now < session.judgeAt) continue;
      const judgement = this.#judgeGre(session);
      if (judgement !== undefined) this.#services.journal.greBlocked(session, judgement);
    }
    for (const session of this.#takeover.look(this.#byIndex, now))
      this.#services.journal.impaired(session, 'GreBlocked', takenOver(session.peerAddress));
  }

  #judgeGre(session: Session): GreJudgement | undefined {
    const { dataPath, journal } = this.#services;
    const { peerAddress, index, openedAt } = session;
    const judgement = judgeGre({
      peerAddress,
      report: dataPath.greReport(index),
      unknownCallSeen: dataPath.isStranger(peerAddress, openedAt),
      neighbourWorks: [...this.#byIndex.values()].some(
        (other) => other.peerAddress === peerAddress && other.state === 'Established',
      ),
    });
    if (judgement === undefined || session.isJudged) return judgement;
    session.isJudged = true;
    journal.judged(session, judgement);
    return judgement;
  }

  #refuseCall(peer: ControlPeer, call: Call, now: number): void {
    this.#services.callIds.release(call.callId);
    this.discard('no_room');
    peer.clearCall(AdminShutdown, now);
  }
}

function callEndWords(reason: string): [LinkDownReason, string] {
  switch (reason) {
    case 'call_clear_request':
    case 'call_disconnect_notify':
    case 'control_connection_stopped':
      return ['peer_terminated', 'the client hung up'];
    default:
      return ['control_closed', 'the TCP connection of the client is gone'];
  }
}
