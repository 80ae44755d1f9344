// The condition PathMTU: whether packets of the size that clients were told get through, with the users, the values, and
// advice for whoever owns the networks on the way.
import type { PathState, SessionPath } from '../../api/gateway-status.ts';
import type { ReasonOf } from '../../api/reasons.ts';
import type { ServerCondition } from '../conditions.ts';
import type { GatewayState } from './gateway-state.ts';
import type { Reported } from './reported.ts';

const type = 'PathMTU';
/** A message that is longer helps nobody. */
const MostNamed = 5;

export function pathMtuCondition({ situation: { gateways, server } }: Reported): ServerCondition<'PathMTU'> {
  const count = (state: PathState) => total(gateways, state);
  const lost = count('Indeterminate');
  if (lost > 0)
    return { type, status: 'False', reason: 'Indeterminate', message: indeterminate(gateways, lost) };
  const holes = count('BlackHole');
  if (holes > 0)
    return { type, status: 'True', reason: 'BlackHolesCured', message: blackHoles(gateways, holes) };
  if (count('Confirmed') > 0)
    return { type, status: 'True', reason: 'Measured', message: 'the path of every session is measured' };
  if (count('Fixed') > 0) {
    const message =
      'spec.mtu.mode is Fixed: no path is measured, and whoever set the value has to know that it fits';
    return { type, status: 'Unknown', reason: 'Fixed', message };
  }
  if (count('Searching') === 0)
    return { type, status: 'Unknown', reason: 'NoSessions', message: 'nobody is connected' };
  // The first session is about to be measured: no news until it is.
  const known = server.status?.conditions?.find((condition) => condition.type === type);
  if (known !== undefined)
    return {
      type,
      status: known.status,
      reason: known.reason as ReasonOf<'PathMTU'>,
      message: known.message,
    };
  return { type, status: 'Unknown', reason: 'Measuring', message: 'the paths are being measured' };
}

/** Smallest and largest tunnel MTU of all sessions as text; undefined without sessions. */
export function tunnelMtuText(gateways: readonly GatewayState[]): string | undefined {
  const ranges = gateways.flatMap(({ report }) => report?.pathMTU.tunnelMTU ?? []);
  if (ranges.length === 0) return undefined;
  const smallest = Math.min(...ranges.map((range) => range.smallest));
  const largest = Math.max(...ranges.map((range) => range.largest));
  return smallest === largest ? String(smallest) : `${smallest}-${largest}`;
}

function total(gateways: readonly GatewayState[], state: PathState): number {
  return gateways.reduce((sum, { report }) => sum + (report?.pathMTU.states[state] ?? 0), 0);
}

function blackHoles(gateways: readonly GatewayState[], count: number): string {
  const told = named(gateways, 'BlackHole', count, ({ user, from, pathMTU, interfaceMTU, tunnelMTU }) => {
    const ours = interfaceMTU === null ? '' : `, our interface ${interfaceMTU}`;
    return `${user.name} from ${from}: the path takes ${pathMTU} bytes${ours}, and no ICMP came back; inner MTU is ${tunnelMTU}`;
  });
  const advice =
    'the tunnels are cured; whoever owns a network on the way should let ICMP type 3 code 4 (fragmentation needed) pass, ' +
    'because everything else that crosses it suffers too';
  return `${told}; ${advice}`;
}

function indeterminate(gateways: readonly GatewayState[], count: number): string {
  const told = named(
    gateways,
    'Indeterminate',
    count,
    ({ user, from, tunnelMTU }) =>
      `${user.name} from ${from}: the path cannot be measured, inner MTU is ${tunnelMTU}, and packets leave without DF`,
  );
  const advice =
    'where that is slow, let GRE (IP protocol 47) of at least 1280 bytes and IP fragments pass on the way, or set spec.mtu ' +
    '{mode: Fixed, value: 1200}';
  return `${told}; ${advice}`;
}

function named(
  gateways: readonly GatewayState[],
  state: PathState,
  count: number,
  describe: (path: SessionPath) => string,
): string {
  const paths = gateways
    .flatMap(({ report }) => report?.pathMTU.sessions ?? [])
    .filter((path) => path.state === state)
    .sort((one, other) => one.pathMTU - other.pathMTU)
    .slice(0, MostNamed);
  const more = count - paths.length;
  return [...paths.map(describe), ...(more > 0 ? [`and ${more} more like these`] : [])].join('; ');
}
