// Paths on which a tunnel must work without any setting: every size, filter and client MRU with which it is tried.
import type { Dial } from './client.ts';
import { type TestUser, vpnServer, vpnUser } from './documents.ts';
import type { PathConditions } from './path-conditions.ts';

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
  /** What else is odd about the path: a word for it, and its conditions. */
  oddity?: { name: string; conditions: PathConditions };
}

const mppeOverhead = 44;
const lcpOverhead = 40;

export const allCases: readonly PathCase[] = pathMtus.flatMap((pathMtu) =>
  Object.keys(filters).flatMap((filter) =>
    clientMrus.map((clientMru) => ({ pathMtu, filter: filter as Filter, clientMru })),
  ),
);

export function nameOf({ pathMtu, filter, clientMru, oddity }: PathCase): string {
  return `${pathMtu} bytes, ${oddity === undefined ? '' : `${oddity.name}, `}${filter}, client MRU ${clientMru}`;
}

/** The largest inner packet that both the path and the client's MRU take, under MPPE. */
export function possibleMtu({ pathMtu, clientMru }: Pick<PathCase, 'pathMtu' | 'clientMru'>): number {
  return Math.min(pathMtu, clientMru + lcpOverhead) - mppeOverhead;
}

/** A user of its own for each case: nobody begins with what another has learned. */
export function userOf({ pathMtu, filter, clientMru, oddity }: PathCase): TestUser {
  const place = Object.keys(filters).indexOf(filter);
  const suffix = oddity === undefined ? '' : `-${oddity.name.replaceAll(/[^a-z]+/g, '-')}`;
  return { name: `path-${pathMtu}-${place}-${clientMru}${suffix}`, password: 'as wide as it goes' };
}

export function documentsFor(cases: readonly PathCase[]): Record<string, string> {
  const users = cases.map((each) => vpnUser(userOf(each)));
  return { 'office.yaml': vpnServer(), 'users.yaml': users.join('---\n') };
}

/** The dial of a case: everything but the server. */
export function dialOf({ name, password }: TestUser, clientMru: number): Omit<Dial, 'server'> {
  const pppd = ['require-mppe-128', `mru ${clientMru}`];
  return { user: name, password, pppd, pptp: ['--nobuffer'], routes: ['192.168.80.0/24'] };
}

export function conditionsOf({ pathMtu, filter, oddity }: PathCase): PathConditions {
  return { mtu: pathMtu, ...filters[filter], ...oddity?.conditions };
}
