// What becomes of a sequenced GRE payload: delivered in order, held for an earlier one, counted as late or twice
// (GRE-3, GRE-4, GRE-5). What claims to be far ahead is far.ts's matter (GRE-10).
//
//      late         expected            window                   256                 65,536
//   ----------+--------+--------------------+----------------------+--------------------+-----------------
//    counted  | given  | held up to 50 ms   | encrypted: a gap, if it decrypts          | encrypted only,
//    late or  |  on    | for the missing    | control: given on;   | in clear: believed | if it decrypts
//    twice    |        |                    | two in a row: a gap  | two in a row       |

import { historyLength } from '../gre/receive-window.ts';
import { place } from './counters.ts';
import { receiveFar } from './far.ts';
import { canDecrypt, hasFreshCount } from './mppe-receive.ts';
import { isControlFrame } from './ppp-header.ts';
import { deliver } from './ppp-receive.ts';
import { hold, jump, releaseRun } from './reorder.ts';
import { count, type DataPathState } from './state.ts';

const { greDuplicate, greReordered, gre_late } = place;

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
  if (isControlFrame(state.bytes, offset, length)) {
    state.windows.mark(session, sequence);
    count(state, session, greReordered);
    deliver(state, session, sequence, offset, length, now);
    return;
  }
  // An encrypted packet is late by its count too. If it is not, a forged header moved the window, and MPPE knows better.
  const isFresh = hasFreshCount(state, session, offset, length);
  if (isFresh && canDecrypt(state, session, sequence, offset, length, now)) {
    jump(state, session, sequence, offset, length, now);
  } else {
    count(state, session, gre_late);
  }
}

function noteOrder(state: DataPathState, session: number, sequence: number): void {
  if (state.queues.isOvertaken(session, sequence)) count(state, session, greReordered);
}
