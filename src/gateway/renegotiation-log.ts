// What is told of clients that begin LCP anew, which each may do once a minute for as long as it likes (LCP-9): the first few
// turns of an hour in full, the others by their number.
import { LineBudget } from './line-budget.ts';
import type { Session } from './session.ts';
import type { EncryptionMode } from './session-view.ts';

const TurnsTold = 3;
const Interval = 3_600_000;

interface Turns {
  readonly budget: LineBudget;
  isQuiet: boolean;
}

export class RenegotiationLog {
  readonly #turns = new WeakMap<Session, Turns>();
  readonly #encryptions = new WeakMap<Session, EncryptionMode>();

  /** One more turn begins; returns how many before it were not told and are to be summed up now. */
  begin(session: Session, now: number): number {
    const turns = this.#turns.get(session) ?? { budget: new LineBudget(TurnsTold, Interval), isQuiet: false };
    this.#turns.set(session, turns);
    const untold = turns.budget.takeSum(now);
    turns.isQuiet = !turns.budget.admits(now);
    return untold;
  }

  /** The turn under way is one of too many. */
  isQuiet(session: Session): boolean {
    return this.#turns.get(session)?.isQuiet === true;
  }

  /** Whether `encryption` is to be told: in a quiet turn only when it is another than in the turn before. */
  isNews(session: Session, encryption: EncryptionMode): boolean {
    const before = this.#encryptions.get(session);
    this.#encryptions.set(session, encryption);
    return !this.isQuiet(session) || before !== encryption;
  }

  /** The session is over: turns that nobody was told of. */
  end(session: Session): number {
    return this.#turns.get(session)?.budget.takeRest() ?? 0;
  }
}
