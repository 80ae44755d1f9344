// What a node's gateway logs, read from the file that the kubelet keeps of it: the gateway's own account of when it did
// what, by the clock that all nodes of the lab share.
import { globSync, readFileSync } from 'node:fs';
import { eventually } from '../lab/commands.ts';
import type { Node } from './node.ts';

export interface LogEntry {
  /** ms since 1970. */
  readonly time: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** Every entry since `since`, ms since 1970, oldest first. */
export function gatewayLog(node: Node, since = 0): LogEntry[] {
  const files = globSync(`${node.folder}/pod-logs/*-vpn-gateway-*/gateway/*.log`);
  return files
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    .flatMap(entryOf)
    .filter(({ time }) => time >= since)
    .sort((one, other) => one.time - other.time);
}

/** The moment, ms since 1970, at which files with so many users came into force. @param timeout milliseconds */
export async function usersInForce(
  node: Node,
  users: number,
  since: number,
  timeout = 10_000,
): Promise<number> {
  const isIt = (entry: LogEntry) => entry.msg === 'the configuration is in force' && entry['users'] === users;
  const found = await eventually(`${users} users at ${node.name}`, timeout, () =>
    gatewayLog(node, since).find(isIt),
  );
  return found.time;
}

/** `<time> stdout F {…}`, as the container runtime writes it; other output of the process is left out. */
function entryOf(line: string): LogEntry[] {
  const json = /^\S+ \S+ F (\{.*\})$/.exec(line)?.[1];
  if (json === undefined) return [];
  const { time, ...rest } = JSON.parse(json) as Record<string, unknown> & { time: unknown; msg: string };
  return [{ ...rest, time: typeof time === 'string' ? Date.parse(time) : Number(time) }];
}
