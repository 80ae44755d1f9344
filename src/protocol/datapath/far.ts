// A packet whose sequence number is outside the window: believed if it decrypts (MPPE-9), and in clear only when a second one
// follows it (GRE-10). So a forged header cannot make the packets before it late.
import { historyLength } from '../gre/receive-window.ts';
import { distance } from '../gre/serial.ts';
import { place } from './counters.ts';
import { canDecrypt } from './mppe-receive.ts';
import { isControlFrame, isEncryptedFrame } from './ppp-header.ts';
import { deliver } from './ppp-receive.ts';
import { farthestJump, jump, skipTo } from './reorder.ts';
import { count, type DataPathState } from './state.ts';

const { gre_window } = place;

/** What became of the last far frame in clear. */
const noFrame = 0;
const refused = 1;
const delivered = 2;

export function receiveFar(
  state: DataPathState,
  session: number,
  sequence: number,
  offset: number,
  length: number,
  now: number,
): void {
  const ahead = state.windows.ahead(session, sequence);
  const isNear = ahead > 0 && ahead <= historyLength;
  if (isBelieved(state, session, sequence, offset, length, now)) {
    jump(state, session, sequence, offset, length, now);
    return;
  }
  // One that failed to decrypt is counted already.
  if (isEncryptedFrame(state.bytes, offset, length)) return;
  if (isNear) {
    // Good as it is, but in clear: it must not move the window.
    remember(state, session, sequence, delivered);
    deliver(state, session, sequence, offset, length, now);
  } else {
    remember(state, session, sequence, refused);
    count(state, session, gre_window);
  }
}

function isBelieved(
  state: DataPathState,
  session: number,
  sequence: number,
  offset: number,
  length: number,
  now: number,
): boolean {
  if (isEncryptedFrame(state.bytes, offset, length)) {
    return canDecrypt(state, session, sequence, offset, length, now);
  }
  const ahead = state.windows.ahead(session, sequence);
  const isNear = ahead > 0 && ahead <= historyLength;
  // A network packet in clear has nothing to lose by it, and would come twice if it did not move the window.
  if (isNear && !isControlFrame(state.bytes, offset, length)) return true;
  if (!followsFar(state, session, sequence, ahead)) return false;
  acceptFar(state, session, now);
  return true;
}

/** Just behind the last far frame. Numbers that went back count before IP flows only: later a recording could be replayed. */
function followsFar(state: DataPathState, session: number, sequence: number, ahead: number): boolean {
  const { farSequences, farStates } = state.reports;
  const isPossible = ahead > 0 ? ahead <= farthestJump : state.sessions.gate[session] === 0;
  const step = distance(sequence, farSequences[session]!);
  return isPossible && farStates[session] !== noFrame && step > 0 && step < state.reorderWindow;
}

/** The frame before was right: the window moves to it, and over it if it was delivered. */
function acceptFar(state: DataPathState, session: number, now: number): void {
  const { farSequences, farStates } = state.reports;
  const { windows } = state;
  const far = farSequences[session]!;
  if (windows.ahead(session, far) >= 0) {
    skipTo(state, session, far, now);
    windows.pass(session, 'came');
  }
  farStates[session] = noFrame;
}

function remember(state: DataPathState, session: number, sequence: number, farState: number): void {
  state.reports.farSequences[session] = sequence;
  state.reports.farStates[session] = farState;
}
