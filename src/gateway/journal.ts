// What a session's life looks like from outside: one log line an event, and the counters that go with it.
import type { GatewayUser } from '../api/gateway-config.ts';
import type { NoticeReason } from '../api/gateway-status.ts';
import { type Log, printable } from '../process/log.ts';
import { formatAddress } from '../protocol/ip/address.ts';
import type { LinkDownReason } from '../protocol/ppp/link-output.ts';
import { encryptionMode } from './encryption.ts';
import { type GreJudgement, largeLost } from './gre-verdict.ts';
import { blockedText, bytes, namesOf } from './journal-words.ts';
import { LineBudget } from './line-budget.ts';
import { closed, type LoginResult, loginResults, sessionEndReasons } from './metric-labels.ts';
import type { GatewayRecorder } from './metrics.ts';
import { RenegotiationLog } from './renegotiation-log.ts';
import type { Session } from './session.ts';
import type { SessionTotals } from './session-view.ts';
import type { UserActivityLog } from './user-activity.ts';

/** Lines a second that strangers can cause; a flood is summed up instead. */
const Second = 1_000;
const RefusedConnections = 5;
const Calls = 50;
const FailedCalls = 100;
/** Calls of nobody that people outside hear of. */
const StrangersPerMinute = 10;
const Minute = 60_000;

export interface Refused {
  readonly result: LoginResult;
  readonly why: string;
  /** Whom the name means; undefined: nobody. */
  readonly user: GatewayUser | undefined;
}

export class Journal {
  readonly #log: Log;
  readonly #recorder: GatewayRecorder;
  readonly #activity: UserActivityLog;
  readonly #clock: () => number;
  readonly #turns = new RenegotiationLog();
  readonly #refused = new LineBudget(RefusedConnections, Second);
  readonly #calls = new LineBudget(Calls, Second);
  readonly #failures = new LineBudget(FailedCalls, Second);
  readonly #strangers = new LineBudget(StrangersPerMinute, Minute);

  /** `clock`: monotonic ms. */
  constructor(log: Log, recorder: GatewayRecorder, activity: UserActivityLog, clock: () => number) {
    this.#log = log;
    this.#recorder = recorder;
    this.#activity = activity;
    this.#clock = clock;
  }

  /** Once a second: what a flood left unsaid. */
  sumUp(): void {
    const now = this.#clock();
    const refused = this.#refused.takeSum(now);
    if (refused > 0) this.#log.warn({ refused }, `${refused} more connections were refused`);
    const calls = this.#calls.takeSum(now);
    if (calls > 0) this.#log.info({ calls }, `${calls} more calls came`);
    const lines = this.#failures.takeSum(now);
    if (lines > 0)
      this.#log.warn({ lines }, `${lines} more lines about calls that did not get in were left out`);
  }

  refusedConnection(peerAddress: number, reason: string): void {
    if (!this.#mayWrite(this.#refused)) return;
    const from = formatAddress(peerAddress);
    this.#log.warn({ from, reason }, `refused a connection from ${from}: ${reason}`);
  }

  connected(session: Session): void {
    if (!this.#mayWrite(this.#calls)) return;
    const from = formatAddress(session.peerAddress);
    this.#log.info({ from, callId: session.call.callId }, `${from} connected`);
  }

  authenticated(session: Session, nameAsSent: string): void {
    if (this.#turns.isQuiet(session)) return;
    const from = formatAddress(session.peerAddress);
    const user = session.user?.name ?? '';
    this.#log.info({ user, from, name: printable(nameAsSent) }, `${user} authenticated from ${from}`);
  }

  /** `why` is for the administrator; the client gets no more than the error code. */
  refusedLogin(session: Session, nameAsSent: string, refused: Refused): void {
    const { user, result, why } = refused;
    const from = formatAddress(session.peerAddress);
    if (user !== undefined) this.#activity.failed(user, { reason: result, message: why, from });
    if (!this.#mayWrite(this.#failures)) return;
    const name = printable(nameAsSent);
    this.#log.warn({ from, name, reason: result }, `login as "${name}" from ${from} refused: ${why}`);
  }

  opened(session: Session): void {
    this.#tellEncryption(session);
    if (!this.#turns.isQuiet(session)) this.#tellAddress(session);
    // The peer can begin LCP anew as often as it likes: that is no other login, and no other session.
    if (session.timesOpened > 1) return;
    this.#recorder.countLogin('success');
    if (session.user !== undefined) this.#activity.opened(session.user, formatAddress(session.peerAddress));
  }

  /** Once a call. It named nobody yet: whom it may concern is a guess. */
  judged(session: Session, { verdict, detail }: GreJudgement): void {
    const from = formatAddress(session.peerAddress);
    const user = this.#activity.whoFrom(from);
    this.#recorder.countGreVerdict(verdict);
    if (user !== undefined) this.#activity.failed(user, { reason: verdict, message: detail, from });
    // The latest are kept: strangers must not drive out what concerns a user.
    if (user === undefined && !this.#strangers.admits(this.#clock())) return;
    this.#activity.notice('GreBlocked', blockedText(from, detail), user);
  }

  /** The call is up, and nothing of it arrives. */
  greBlocked(session: Session, { verdict, detail }: GreJudgement): void {
    const from = formatAddress(session.peerAddress);
    this.#log.warn({ from, verdict }, blockedText(from, detail));
  }

  blackHole(session: Session, found: { pathMtu: number; tunnelMtu: number; interfaceMtu: number }): void {
    if (this.#turns.isQuiet(session)) return;
    const user = session.user?.name ?? '';
    const from = formatAddress(session.peerAddress);
    const { pathMtu, tunnelMtu, interfaceMtu } = found;
    const text =
      `${user} from ${from}: the path takes ${pathMtu} bytes, our interface ${interfaceMtu}, and no ICMP came back; ` +
      `inner MTU is now ${tunnelMtu}`;
    this.#activity.notice('BlackHoleCured', text, session.user);
    this.#log.warn({ user, from, pathMtu, tunnelMtu, interfaceMtu }, text);
  }

  /** In mid-session, and a router or our own host said so. */
  pathShrank(session: Session, found: { before: number; pathMtu: number; tunnelMtu: number }): void {
    const user = session.user?.name ?? '';
    const from = formatAddress(session.peerAddress);
    const { before, pathMtu, tunnelMtu } = found;
    const text = `${user} from ${from}: the path took ${before} bytes, and now takes ${pathMtu}; inner MTU is now ${tunnelMtu}`;
    this.#activity.notice('PathShrank', text, session.user);
    this.#log.info({ user, from, before, pathMtu, tunnelMtu }, text);
  }

  indeterminate(session: Session, found: { reason: string; pathMtu: number }): void {
    const user = session.user?.name ?? '';
    const from = formatAddress(session.peerAddress);
    if (found.reason === 'only_small_answers') {
      this.impaired(session, 'LargePacketsLost', largeLost(from));
      return;
    }
    if (this.#turns.isQuiet(session)) return;
    this.#log.warn(
      { user, from, reason: found.reason, pathMtu: found.pathMtu },
      `${user} from ${from}: the path MTU cannot be measured, the client answers no probes; packets leave without DF`,
    );
  }

  /** A session that is up and carries not what it should. Said once a session, however often it is found. */
  impaired(session: Session, reason: NoticeReason, { verdict, detail }: GreJudgement): void {
    if (session.isJudged) return;
    session.isJudged = true;
    const { from, user } = namesOf(session);
    const text = `${user} from ${from} is connected, but ${detail}`;
    this.#recorder.countGreVerdict(verdict);
    if (session.user !== undefined)
      this.#activity.failed(session.user, { reason: verdict, message: detail, from });
    this.#activity.notice(reason, text, session.user);
    this.#log.warn({ user, from, verdict }, text);
  }

  /** A mistake in this program: its stack is all there is to find it by. */
  faulted(err: unknown): void {
    if (this.#mayWrite(this.#failures)) this.#log.error({ err }, 'a fault of the gateway, please report it');
  }

  restarted(session: Session): void {
    this.#sumUpTurns(session, this.#turns.begin(session, this.#clock()));
    if (this.#turns.isQuiet(session)) return;
    const { from, user, who } = namesOf(session);
    this.#log.info({ user, from }, `${who} renegotiates from the start`);
  }

  /** A session that had been established. */
  ended(
    session: Session,
    reason: LinkDownReason,
    detail: string,
    totals: SessionTotals,
    seconds: number,
  ): void {
    this.#sumUpTurns(session, this.#turns.end(session));
    const user = session.user?.name ?? '';
    const from = formatAddress(session.peerAddress);
    const { receivedBytes, sentBytes } = totals;
    this.#log.info(
      { user, from, address: formatAddress(session.address ?? 0), reason, seconds, receivedBytes, sentBytes },
      `${user} from ${from} ended: ${detail} (${seconds} s, received ${bytes(receivedBytes)}, sent ${bytes(sentBytes)})`,
    );
    this.#recorder.countSessionEnd(closed(sessionEndReasons, reason));
    if (session.user !== undefined) this.#activity.ended(session.user, from);
  }

  /** A call that ended before IP could flow. */
  failed(session: Session, result: string, detail: string): void {
    const from = formatAddress(session.peerAddress);
    const who = session.user === undefined ? from : `${session.user.name} from ${from}`;
    // Of a user who proved to be one there are few.
    if (session.user !== undefined || this.#mayWrite(this.#failures))
      this.#log.warn({ from, user: session.user?.name, reason: result }, `${who} did not get in: ${detail}`);
    this.#recorder.countLogin(closed(loginResults, result));
    if (session.user !== undefined)
      this.#activity.failed(session.user, { reason: result, message: detail, from });
  }

  #mayWrite(budget: LineBudget): boolean {
    this.sumUp();
    return budget.admits(this.#clock());
  }

  #sumUpTurns(session: Session, untold: number): void {
    const { from, user, who } = namesOf(session);
    if (untold > 0) this.#log.info({ user, from, untold }, `${who} renegotiated ${untold} more times`);
  }

  #tellEncryption(session: Session): void {
    const user = session.user?.name ?? '';
    const encryption = encryptionMode(session.encryption);
    if (!this.#turns.isNews(session, encryption)) return;
    if (encryption === 'None') {
      this.#log.warn({ user, encryption }, `${user} is NOT encrypted: spec.encryption.policy allows it`);
    } else {
      this.#log.info({ user, encryption }, `${user} is encrypted with ${encryption}`);
    }
  }

  #tellAddress({ user: owner, address: given, tunnelMtu, fingerprint }: Session): void {
    const user = owner?.name ?? '';
    const address = formatAddress(given ?? 0);
    this.#log.info(
      { user, address, tunnelMtu, ...(fingerprint === '' ? {} : { client: printable(fingerprint) }) },
      `${user} has address ${address}, tunnel MTU ${tunnelMtu}`,
    );
  }
}
