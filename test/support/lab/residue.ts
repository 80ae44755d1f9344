// Proof that nothing is left behind: the kernel's state before and after, as lines of text, and the difference.
import { readdirSync, readFileSync } from 'node:fs';
import { execute, labPrefix, labVariable } from './commands.ts';
import type { Namespace } from './namespaces.ts';

const forwardingKeys = String.raw`net\.ipv4\.(ip_forward|conf\..*\.(forwarding|rp_filter|proxy_arp|send_redirects))$`;

const probes = {
  links: ['ip', '-o', 'link', 'show'],
  addresses: ['ip', '-o', 'addr', 'show'],
  routes: ['ip', 'route', 'show', 'table', 'all'],
  rules: ['ip', 'rule', 'show'],
  neighbours: ['ip', 'neigh', 'show', 'proxy'],
  nftables: ['nft', '-s', 'list', 'ruleset'],
  forwarding: ['sysctl', '-ae', '-r', forwardingKeys],
} as const;

/** A state of the kernel: one string per thing that exists. */
export type Snapshot = ReadonlySet<string>;

/** Links, addresses, routes, rules, nftables and forwarding inside one namespace. */
export function snapshotNamespace(namespace: Namespace): Promise<Snapshot> {
  return snapshot((command) => namespace.run(command));
}

/** The same for the host itself, with its namespaces and the lab's processes. */
export async function snapshotHost(): Promise<Snapshot> {
  const host = await snapshot((command) => execute(command));
  const namespaces = (await execute(['ip', 'netns', 'list'])).split('\n');
  const ours = namespaces.filter((line) => line.startsWith(`${labPrefix}-`));
  return new Set([...host, ...ours.map((line) => `namespace: ${line}`), ...labProcesses()]);
}

/** What exists after and did not before, and the reverse; empty when nothing was left. */
export function residue(before: Snapshot, after: Snapshot): string[] {
  return [
    ...[...after].filter((line) => !before.has(line)).map((line) => `left behind: ${line}`),
    ...[...before].filter((line) => !after.has(line)).map((line) => `missing: ${line}`),
  ];
}

async function snapshot(run: (command: readonly string[]) => Promise<string>): Promise<Snapshot> {
  const lines: string[] = [];
  for (const [name, command] of Object.entries(probes)) {
    for (const line of (await run(command)).split('\n')) {
      if (line.trim() !== '' && !kernelsOwn.test(line)) lines.push(`${name}: ${withoutNoise(line)}`);
    }
  }
  return new Set(lines);
}

/** IPv6 gives each link addresses and routes of its own accord, some time after the link came up. */
const kernelsOwn = /\bfe80::|\bff00::\/8|^multicast ff/;

/** Drops what changes by itself: interface numbers, flags of the carrier, queues, states. */
function withoutNoise(line: string): string {
  return line
    .trim()
    .replace(/^\d+: /, '')
    .replace(/<[^>]*>/, '')
    .replaceAll(/ (qlen|qdisc|state|mode|group) \S+/g, '')
    .replaceAll(/ linkdown\b/g, '')
    .replaceAll(/\s+/g, ' ');
}

/** The lab's processes carry a mark in their environment, which the kernel keeps for the life of a process. */
function labProcesses(): string[] {
  const mark = `${labVariable}=${labPrefix}`;
  const found: string[] = [];
  for (const pid of readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && name !== String(process.pid),
  )) {
    try {
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(mark)) continue;
      found.push(
        `process: ${pid} ${readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').slice(0, 120)}`,
      );
    } catch {
      // it ended while we looked
    }
  }
  return found;
}
