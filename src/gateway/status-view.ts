// What /v1/status and /v1/users answer: a pure mapping from what the gateway knows to what the operator reads.
import type { GatewayProblem, GatewayStatus, UsersActivity } from '../api/gateway-status.ts';
import { summarisePaths } from './status-view-paths.ts';
import type { GatewayReport } from './user-activity.ts';

export interface StatusSources {
  readonly node: string;
  /** undefined: nothing runs. */
  readonly report: GatewayReport | undefined;
  readonly configHash: string | null;
  readonly problems: readonly GatewayProblem[];
}

export function viewStatus({ node, report, configHash, problems }: StatusSources): GatewayStatus {
  return {
    node,
    server: report?.server ?? null,
    configHash,
    ready: report !== undefined && configHash !== null,
    problems,
    sessions: report?.sessions ?? 0,
    addresses: report?.addresses ?? { total: 0, used: 0 },
    usedAddresses: report?.usedAddresses ?? [],
    pathMTU: summarisePaths(report?.paths ?? []),
    notices: report?.activity.notices() ?? { process: '', now: '', latest: [] },
    usersRevision: report?.activity.revision ?? '',
  };
}

export function viewUsers(report: GatewayReport | undefined): UsersActivity {
  return { usersRevision: report?.activity.revision ?? '', users: report?.activity.users() ?? [] };
}
