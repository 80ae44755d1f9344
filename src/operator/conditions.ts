// Conditions as Kubernetes wants them: the time is that of the last change of status, whatever reason and message do.
import type { Condition, ServerConditionType } from '../api/condition.ts';
import type { ReasonOf } from '../api/reasons.ts';

export type NewCondition = Omit<Condition, 'lastTransitionTime'>;

/** One of a VpnServer, with a reason that the reference knows. */
export type ServerCondition<Type extends ServerConditionType> = NewCondition & {
  readonly type: Type;
  readonly reason: ReasonOf<Type>;
};

/** What the schema takes; gateways and the API server have their say in messages. */
const LongestMessage = 32_768;

export function withTimes(
  conditions: readonly NewCondition[],
  previous: readonly Condition[],
  now: number,
): Condition[] {
  return conditions.map((condition) => {
    const known = previous.find(({ type }) => type === condition.type);
    const stays = known !== undefined && known.status === condition.status;
    const message = condition.message.slice(0, LongestMessage);
    return { ...condition, message, lastTransitionTime: stays ? known.lastTransitionTime : timestamp(now) };
  });
}

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function timestamp(wallClock: number): string {
  return `${new Date(wallClock).toISOString().slice(0, 19)}Z`;
}

/** Conditions whose status or reason are news. */
export function changed(conditions: readonly Condition[], previous: readonly Condition[]): Condition[] {
  return conditions.filter(({ type, status, reason }) => {
    const known = previous.find((condition) => condition.type === type);
    return known === undefined || known.status !== status || known.reason !== reason;
  });
}
