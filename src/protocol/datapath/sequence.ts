// What becomes of a sequenced GRE payload: delivered in order, held for an earlier one, counted as late or twice
// (GRE-3, GRE-4, GRE-5), or not believed because it claims to be far ahead (GRE-10).
//
//      late         expected                window                256                       65,536
//   ----------+--------+-----------------------+--------------------+--------------------------+-----
//    counted  | given  |  held up to 50 ms     |  a gap: all held   | encrypted: must decrypt; | encrypted only,
//    late or  |  on    |  for the missing      |  is given on       | in clear: two in a row   | if it decrypts
//    twice    |        |                       |                    |                          |

import { historyLength } from '../gre/receive-window.ts';
import { distance } from '../gre/serial.ts';
import { place } from './counters.ts';
import { canDecrypt } from './mppe-receive.ts';
import { isControlFrame, isEncryptedFrame } from './ppp-header.ts';
import { deliver } from './ppp-receive.ts';
import { releaseRun, skipTo } from './reorder.ts';
import { count, type DataPathState, wakeAt } from './state.ts';

const { greDuplicate, greReordered, gre_late, gre_window } = place;

/** Farthest jump of a frame in clear: a minute's blackout at a thousand packets a second. */
const farthestClearJump = 0x10000;

export function receiveSequenced(
  state: DataPathState,
  session: number,
  sequence: number,
  offset: number,
  length: number,
  now: number,
): void {
  const { windows } = state;
  if (!windows.hasLearned(session)) windows.learn(session, sequence);
  const ahead = windows.ahead(session, sequence);
  if (ahead === 0) {
    // An injected packet must not use up the number of the real one, so nonsense does not count as it (MPPE-8).
    if (!deliver(state, session, sequence, offset, length, now)) return;
    noteOrder(state, session, sequence);
    windows.pass(session, 'came');
    releaseRun(state, session, now);
  } else if (ahead > 0 && ahead < state.reorderWindow) {
    receiveEarly(state, session, sequence, offset, length, now);
  } else if (ahead >= -historyLength && ahead < 0) {
    receiveLate(state, session, sequence, offset, length, now);
  } else {
    receiveFar(state, session, sequence, offset, length, now);
  }
}

function receiveEarly(
  state: DataPathState,
  session: number,
  sequence: number,
  offset: number,
  length: number,
  now: number,
): void {
  if (state.queues.has(session, sequence)) {
    count(state, session, greDuplicate);
    return;
  }
  noteOrder(state, session, sequence);
  if (hold(state, session, sequence, offset, length, now)) return;
  // No room to wait in: what is missing before it is given up at once.
  jump(state, session, sequence, offset, length, now);
}

function receiveLate(
  state: DataPathState,
  session: number,
  sequence: number,
  offset: number,
  length: number,
  now: number,
): void {
  if (state.windows.cameBefore(session, sequence)) {
    count(state, session, greDuplicate);
    return;
  }
  // A control frame is as good late as in time: an Echo-Reply keeps the session up.
  if (!isControlFrame(state.bytes, offset, length)) {
    count(state, session, gre_late);
    return;
  }
  state.windows.mark(session, sequence);
  count(state, session, greReordered);
  deliver(state, session, sequence, offset, length, now);
}

function receiveFar(
  state: DataPathState,
  session: number,
  sequence: number,
  offset: number,
  length: number,
  now: number,
): void {
  const ahead = state.windows.ahead(session, sequence);
  if (isEncryptedFrame(state.bytes, offset, length)) {
    if (!canDecrypt(state, session, sequence, offset, length, now)) return;
  } else if (ahead < 0 || ahead > historyLength) {
    if (!isSecondInARow(state, session, sequence, ahead)) {
      count(state, session, gre_window);
      return;
    }
  }
  jump(state, session, sequence, offset, length, now);
}

/** Believes this packet's number: what is missing too far before it is given up. */
function jump(
  state: DataPathState,
  session: number,
  sequence: number,
  offset: number,
  length: number,
  now: number,
): void {
  const { windows, queues, reorderWindow } = state;
  const ahead = windows.ahead(session, sequence);
  if (ahead < 0) {
    // The number before was wrong: a forged frame in clear had moved it.
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

function noteOrder(state: DataPathState, session: number, sequence: number): void {
  if (state.queues.isOvertaken(session, sequence)) count(state, session, greReordered);
}

function hold(
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

/**
 * A frame in clear proves nothing, so one with a far number only makes the next one, just behind it, believable. Numbers that
 * went back are believed before IP flows only: later they would let a recording be played again.
 */
function isSecondInARow(state: DataPathState, session: number, sequence: number, ahead: number): boolean {
  const { farSequences, hasFar } = state.reports;
  const isPossible = ahead > 0 ? ahead <= farthestClearJump : state.sessions.gate[session] === 0;
  if (!isPossible) return false;
  const step = distance(sequence, farSequences[session]!);
  const follows = hasFar[session] === 1 && step > 0 && step < state.reorderWindow;
  farSequences[session] = sequence;
  hasFar[session] = follows ? 0 : 1;
  return follows;
}
