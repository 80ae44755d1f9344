// Paths of sizes that nobody planned for, paths that differ by direction, and a narrow path behind a NAT, with a real Linux
// client: a download and an upload at the first try, and the largest tunnel MTU there can be.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Nat } from '../support/lab/home.ts';
import type { PathConditions } from '../support/lab/path-conditions.ts';
import { documentsFor, nameOf, type PathCase, possibleMtu } from '../support/lab/path-matrix.ts';
import { runCase } from '../support/lab/path-run.ts';
import { cannotRun, shareWorld } from '../support/lab/world.ts';

const odd = (pathMtu: number, oddity?: PathCase['oddity']): PathCase => ({
  ...{ pathMtu, filter: 'no ICMP, no fragments', clientMru: 1500 },
  ...(oddity === undefined ? {} : { oddity }),
});
const toClient: PathConditions = { mtu: 1454, longest: { toClient: 1400 } };
const toServer: PathConditions = { mtu: 1454, longest: { toServer: 1400 } };
const unreachableRouter: PathConditions = { icmpSource: '10.255.255.1' };
const cases: readonly (readonly [PathCase, Nat])[] = [
  ...[1473, 1333, 1006, 800, 620].map((pathMtu) => [odd(pathMtu), 'none'] as const),
  [odd(1400, { name: 'narrower to the client', conditions: toClient }), 'none'],
  [odd(1400, { name: 'narrower to the server', conditions: toServer }), 'none'],
  [odd(1454, { name: 'behind a nat', conditions: {} }), 'pptpHelper'],
  [
    {
      ...odd(1454, { name: 'told by a router that nobody can reach', conditions: unreachableRouter }),
      filter: 'ICMP passes',
    },
    'none',
  ],
];

describe('on a path of', { skip: cannotRun }, () => {
  const world = shareWorld({ documents: documentsFor(cases.map(([each]) => each)) });
  for (const [each, nat] of cases) {
    it(`${nameOf(each)}: a download and an upload work at the first try`, async (t) => {
      const { lab, server } = world;
      await lab.setNat(nat);
      const place = { lab, server, machine: world.machine(), dial: world.dial.bind(world) };
      const { tunnelMtu, settledSeconds, probes, down, up } = await runCase(place, each, 1_000_000);
      assert.ok(tunnelMtu >= possibleMtu(each) - 4);
      t.diagnostic(JSON.stringify({ tunnelMtu, settledSeconds, probes, down: down.seconds, up: up.seconds }));
    });
  }
});
