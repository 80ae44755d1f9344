// What following a lost coherency count may cost (MPPE-7, MPPE-9): a key change is about a microsecond, and anybody who knows
// the call id can ask for 4,095 of them. Work that led to a packet is given back, so only nonsense runs into these limits.
import { takeToken } from '../ip/token-bucket.ts';
import { addSessionEvent } from './packet-vector.ts';
import type { DataPathState } from './state.ts';

/** Key changes a second that may come to nothing, and how many may be saved up: at most 1 % of a core. */
const changeRate = 8192;
const changeBurst = 8192;
/** Trials of large gaps a second. */
const largeTrialRate = 1;
/** Encrypted packets in a row that were no use, over how long (ms), until the session counts as lost. */
const failuresUntilLost = 16;
const timeUntilLost = 5000;
const resetInterval = 1000;

/** Full buckets for a new session. */
export function resetTrials(state: DataPathState, session: number): void {
  const { trials } = state;
  trials.hasLast[session] = 0;
  trials.failures[session] = 0;
  trials.awaitsFlush[session] = 0;
  trials.askedAt[session] = Number.NEGATIVE_INFINITY;
  trials.changeTokens[2 * session] = changeBurst;
  trials.changeTokens[2 * session + 1] = 0;
  trials.largeTokens[2 * session] = 1;
  trials.largeTokens[2 * session + 1] = 0;
}

/** Pays for `changes` key changes in advance; the first is free, for every packet needs one. */
export function spend(state: DataPathState, session: number, changes: number, now: number): boolean {
  if (changes <= 1) return true;
  const { changeTokens } = state.trials;
  const elapsed = Math.max(0, now - changeTokens[2 * session + 1]!);
  const tokens = Math.min(changeBurst, changeTokens[2 * session]! + (elapsed * changeRate) / 1000);
  changeTokens[2 * session + 1] = now;
  const isEnough = tokens >= changes;
  changeTokens[2 * session] = isEnough ? tokens - changes : tokens;
  return isEnough;
}

/** The work led to a packet: whoever can do that may go on. */
export function refund(state: DataPathState, session: number, changes: number): void {
  const { changeTokens, largeTokens } = state.trials;
  if (changes <= 1) return;
  changeTokens[2 * session] = Math.min(changeBurst, changeTokens[2 * session]! + changes);
  largeTokens[2 * session] = 1;
}

export function takeLargeTrial(state: DataPathState, session: number, now: number): boolean {
  return takeToken(state.trials.largeTokens, 2 * session, now, largeTrialRate, 1);
}

/** The packet with this sequence number decrypted. */
export function noteSuccess(state: DataPathState, session: number, sequence: number, changes: number): void {
  const { trials } = state;
  refund(state, session, changes);
  trials.lastSequences[session] = sequence;
  trials.hasLast[session] = 1;
  trials.failures[session] = 0;
  trials.awaitsFlush[session] = 0;
}

/** An encrypted packet was no use. So many in a row, for so long, and nothing but new keys can help: said once. */
export function noteFailure(state: DataPathState, session: number, now: number): void {
  const { failures, failingSince } = state.trials;
  if (failures[session] === 0) failingSince[session] = now;
  failures[session]!++;
  if (failures[session] !== failuresUntilLost) return;
  if (now - failingSince[session]! < timeUntilLost) failures[session] = failuresUntilLost - 1;
  else addSessionEvent(state.desynchronized, session);
}

/** Stateful: waits for a flushed packet; asks for one at once, and again every second (CCP-7: no storm). */
export function awaitFlush(state: DataPathState, session: number, now: number): void {
  const { awaitsFlush, askedAt } = state.trials;
  const isWaiting = awaitsFlush[session] === 1;
  awaitsFlush[session] = 1;
  if (isWaiting && now - askedAt[session]! < resetInterval) return;
  askedAt[session] = now;
  addSessionEvent(state.resetsNeeded, session);
}
