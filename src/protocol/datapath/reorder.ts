// Holding packets that came before an earlier one, and giving them on: in a run when that one came, after its time is over, or
// when the window must move (GRE-5). What is missing is counted as lost here and nowhere else.
import { place } from './counters.ts';
import { slotStride } from './memory-layout.ts';
import { isControlFrame } from './ppp-header.ts';
import { deliver } from './ppp-receive.ts';
import { count, type DataPathState, wakeAt } from './state.ts';

const { greLost } = place;

/** More was never lost: a minute's blackout at a thousand packets a second. */
export const farthestJump = 0x10000;

/** Gives on the held packets that are next without a gap. */
export function releaseRun(state: DataPathState, session: number, now: number): void {
  const { queues, windows } = state;
  while (queues.held(session) > 0 && queues.has(session, windows.expected(session))) {
    releaseNext(state, session, now);
  }
}

/** Gives on everything held before `sequence`, in order, and gives up what is missing before it. */
export function skipTo(state: DataPathState, session: number, sequence: number, now: number): void {
  const { queues, windows } = state;
  while (queues.held(session) > 0 && windows.ahead(session, sequence) > 0) {
    if (queues.has(session, windows.expected(session))) releaseNext(state, session, now);
    else {
      windows.pass(session, 'lost');
      count(state, session, greLost);
    }
  }
  const missing = windows.ahead(session, sequence);
  if (missing <= 0) return;
  count(state, session, greLost, missing);
  windows.skipTo(session, sequence);
}

/** Believes this packet's number: what is missing too far before it is given up. */
export function jump(
  state: DataPathState,
  session: number,
  sequence: number,
  offset: number,
  length: number,
  now: number,
): void {
  const { windows, queues, reorderWindow } = state;
  const ahead = windows.ahead(session, sequence);
  if (ahead < 0 || ahead > farthestJump) {
    // Not a loss but a wrong number, now or before: a forged frame had moved it.
    queues.clear(session);
    windows.learn(session, sequence);
  } else if (queues.held(session) > 0 || ahead < 2 * reorderWindow) {
    // Disorder that is deeper than the window: the window moves on just as far as it must.
    skipTo(state, session, (sequence - reorderWindow + 1) >>> 0, now);
    releaseRun(state, session, now);
    if (windows.ahead(session, sequence) > 0 && hold(state, session, sequence, offset, length, now)) return;
  }
  skipTo(state, session, sequence, now);
  deliver(state, session, sequence, offset, length, now);
  windows.pass(session, 'came');
  releaseRun(state, session, now);
}

/** Keeps a packet until the ones before it have come, or their time is over. False when there is no room for it. */
export function hold(
  state: DataPathState,
  session: number,
  sequence: number,
  offset: number,
  length: number,
  now: number,
): boolean {
  if (!state.queues.hold(session, sequence, offset, length, now)) return false;
  wakeAt(state, now + state.reorderDelay);
  return true;
}

/** When the packet that waits longest at the head of the queue has waited long enough; Infinity when none waits. */
export function reorderDeadline(state: DataPathState, session: number): number {
  const first = state.queues.firstHeld(session, state.windows.expected(session));
  return first === undefined
    ? Number.POSITIVE_INFINITY
    : state.queues.arrival(session, first) + state.reorderDelay;
}

/** Gives up the numbers before held packets whose time is over. */
export function expireHeld(state: DataPathState, session: number, now: number): void {
  while (reorderDeadline(state, session) <= now) {
    const first = state.queues.firstHeld(session, state.windows.expected(session));
    if (first === undefined) break;
    skipTo(state, session, first, now);
    releaseRun(state, session, now);
  }
  if (state.queues.held(session) > 0) wakeAt(state, reorderDeadline(state, session));
}

/** Into a slot of the list it will end in: a control frame's or the TUN's, whichever comes of it. */
function releaseNext(state: DataPathState, session: number, now: number): void {
  const { queues, windows, layout } = state;
  const sequence = windows.expected(session);
  const isControl = isControlFrame(
    state.bytes,
    queues.locate(session, sequence),
    queues.lengthOf(session, sequence),
  );
  const target = isControl
    ? layout.controlSlots + layout.controlIn.count * slotStride
    : layout.tunOutSlots + layout.tunOut.count * slotStride;
  const length = queues.take(session, sequence, target);
  deliver(state, session, sequence, target, length, now);
  windows.pass(session, 'came');
}
