// Paths on which a tunnel must work without any setting, and one run over one of them: dial, download, upload, measure.
import assert from 'node:assert/strict';
import type { Connection } from './client.ts';
import { eventually } from './commands.ts';
import { type TestUser, vpnServer, vpnUser } from './documents.ts';
import type { Machine } from './machine.ts';
import type { Namespace } from './namespaces.ts';
import { officeFileHash } from './office-files.ts';
import type { PathConditions } from './path-conditions.ts';
import type { Server } from './server.ts';
import { addresses } from './topology.ts';

export const pathMtus = [1500, 1492, 1454, 1438, 1400, 1280, 576] as const;
export const clientMrus = [1500, 1450, 1400, 1000] as const;
export const filters = {
  'ICMP passes': {},
  'no ICMP': { icmp: 'filtered' },
  'no ICMP, no fragments': { icmp: 'filtered', fragments: 'dropped' },
} as const satisfies Record<string, PathConditions>;
export type Filter = keyof typeof filters;

export interface PathCase {
  pathMtu: number;
  filter: Filter;
  clientMru: number;
}

export interface PathFigures {
  downloadSeconds: number;
  uploadSeconds: number;
  /** Inner MTU that the server found, and the largest that there could be. */
  tunnelMtu: number;
  possibleMtu: number;
  /** Seconds from IPCP to that value. */
  settledSeconds: number;
  /** TCP segments sent again, downwards and upwards. */
  retransmissions: { down: number; up: number };
}

export interface PathLab {
  lab: { office: Namespace; setConditions(conditions: PathConditions): Promise<void> };
  server: Server;
  machine: Machine;
  dial(call: {
    user: string;
    password: string;
    pppd: string[];
    pptp: string[];
    routes: string[];
  }): Promise<Connection>;
}

const mppeOverhead = 44;
const lcpOverhead = 40;

export const allCases: readonly PathCase[] = pathMtus.flatMap((pathMtu) =>
  Object.keys(filters).flatMap((filter) =>
    clientMrus.map((clientMru) => ({ pathMtu, filter: filter as Filter, clientMru })),
  ),
);

export function nameOf({ pathMtu, filter, clientMru }: PathCase): string {
  return `${pathMtu} bytes, ${filter}, client MRU ${clientMru}`;
}

/** The largest inner packet that both the path and the client's MRU take, under MPPE. */
export function possibleMtu({ pathMtu, clientMru }: Pick<PathCase, 'pathMtu' | 'clientMru'>): number {
  return Math.min(pathMtu, clientMru + lcpOverhead) - mppeOverhead;
}

/** A user of its own for each case: nobody begins with what another has learned. */
export function userOf({ pathMtu, filter, clientMru }: PathCase): TestUser {
  const place = Object.keys(filters).indexOf(filter);
  return { name: `path-${pathMtu}-${place}-${clientMru}`, password: 'as wide as it goes' };
}

export function documentsFor(cases: readonly PathCase[]): Record<string, string> {
  const users = cases.map((each) => vpnUser(userOf(each)));
  return { 'office.yaml': vpnServer(), 'users.yaml': users.join('---\n') };
}

/** One dial, and both transfers at once after it. @throws AssertionError unless all is whole at the first try */
export async function runCase(place: PathLab, each: PathCase, bytes: number): Promise<PathFigures> {
  const { lab, server, machine } = place;
  await lab.setConditions({ mtu: each.pathMtu, ...filters[each.filter] });
  const user = userOf(each);
  const connection = await place.dial({
    user: user.name,
    password: user.password,
    pppd: ['require-mppe-128', `mru ${each.clientMru}`],
    pptp: ['--nobuffer'],
    routes: ['192.168.80.0/24'],
  });
  await connection.up();
  const begin = performance.now();
  const settled = settledMtu(server, user.name, possibleMtu(each)).then((mtu) => ({
    mtu,
    seconds: (performance.now() - begin) / 1000,
  }));
  const before = { down: await retransmissionsIn(lab.office), up: await retransmissionsOf(machine) };
  const [downloadSeconds, uploadSeconds] = await Promise.all([
    download(machine, bytes),
    upload(machine, bytes),
  ]);
  const after = { down: await retransmissionsIn(lab.office), up: await retransmissionsOf(machine) };
  const { mtu, seconds } = await settled;
  await assertSize(machine, mtu);
  const sessions = await server.sessions();
  assert.deepEqual(
    sessions.map((session) => session.user),
    [user.name],
    'the session is still the first one',
  );
  assert.equal(await connection.settled(100), 'up');
  return {
    downloadSeconds,
    uploadSeconds,
    tunnelMtu: mtu,
    possibleMtu: possibleMtu(each),
    settledSeconds: seconds,
    retransmissions: { down: after.down - before.down, up: after.up - before.up },
  };
}

/** Seconds. @throws AssertionError when a byte is wrong */
export async function download(machine: Machine, bytes: number, timeout = 60): Promise<number> {
  const output = await machine.run(
    `curl -sS --max-time ${timeout} -w '%{stderr}%{time_total}\\n' http://${addresses.office}/${bytes / 1e6}MB 2>&1 >/run/lab/down
     sha256sum </run/lab/down; rm /run/lab/down`,
    timeout * 1000 + 10_000,
  );
  assert.match(output, new RegExp(officeFileHash(bytes)), 'the file came whole');
  return Number.parseFloat(output);
}

/** Seconds. @throws AssertionError when the office got something else */
export async function upload(machine: Machine, bytes: number, timeout = 60): Promise<number> {
  const output = await machine.run(
    `head -c ${bytes} /dev/urandom >/run/lab/up
     curl -sS --max-time ${timeout} -w '%{time_total}\\n' -H 'Expect:' --data-binary @/run/lab/up http://${addresses.office}/
     sha256sum </run/lab/up; rm /run/lab/up`,
    timeout * 1000 + 10_000,
  );
  const [answer = '', seconds = '', sum = ''] = output.split('\n').filter((line) => line !== '');
  assert.equal(answer, `${bytes} ${sum.split(' ')[0]}`, 'the office got the file whole');
  return Number(seconds);
}

/** Waits until the server's value is within 4 bytes of `possible` and returns it. */
export function settledMtu(
  server: Server,
  user: string,
  possible: number,
  timeout = 10_000,
): Promise<number> {
  let last: number | undefined;
  return eventually(`a tunnel MTU of ${possible}`, timeout, async () => {
    last = (await server.sessions()).find((session) => session.user === user)?.tunnelMTU;
    return last !== undefined && last <= possible && last >= possible - 4 ? last : undefined;
  }).catch((error) => {
    throw new Error(`${error.message}; it is ${last}`);
  });
}

/** A packet of that size passes with DF, there and back. */
async function assertSize(machine: Machine, mtu: number): Promise<void> {
  const ping = `ping -c 3 -i 0.2 -W 2 -M do -s ${mtu - 28} ${addresses.office}`;
  const { code, output } = await machine.attempt(ping);
  assert.equal(code, 0, `a packet of ${mtu} bytes passes: ${output}`);
}

const retransmittedSegments = `awk '/^Tcp: [0-9]/ {print $13}' /proc/net/snmp`;

async function retransmissionsIn(namespace: Namespace): Promise<number> {
  return Number(await namespace.run(['sh', '-c', retransmittedSegments]));
}

async function retransmissionsOf(machine: Machine): Promise<number> {
  return Number(await machine.run(retransmittedSegments));
}
