// What the conditions of a VpnServer are made from.
import type { Decision } from './decide.ts';
import type { GatewayState } from './gateway-state.ts';
import type { Situation } from './situation.ts';

export interface Reported {
  readonly situation: Situation;
  readonly decision: Decision;
  /** Why the API server did not take an object, in its words. */
  readonly refusal: string | undefined;
  /** Gateways that had time enough to load the configuration, and did not. */
  readonly behind: readonly GatewayState[];
  /** Wall clock, ms. */
  readonly now: number;
}

const MostListed = 3;

/** The first few of them. */
export function listed(words: readonly string[]): string {
  const more = words.length - MostListed;
  return `${words.slice(0, MostListed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
