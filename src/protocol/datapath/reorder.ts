// Giving on what waited in the reorder queue: in a run when the missing packet came, or after its time is over (GRE-5).
// The missing are counted as lost here and nowhere else.
import { place } from './counters.ts';
import { slotStride } from './memory-layout.ts';
import { isControlFrame } from './ppp-header.ts';
import { deliver } from './ppp-receive.ts';
import { count, type DataPathState, wakeAt } from './state.ts';

const { greLost } = place;

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
