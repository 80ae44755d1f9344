import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PathState, SessionPath } from '../../src/api/gateway-status.ts';
import { viewStatus } from '../../src/gateway/status-view.ts';
import { summarisePaths, viewPath } from '../../src/gateway/status-view-paths.ts';

function path(name: string, state: PathState, pathMTU: number): SessionPath {
  const user = { namespace: 'vpn', name };
  return { user, from: '192.0.2.7', state, interfaceMTU: 1500, pathMTU, tunnelMTU: pathMTU - 44 };
}

describe('what the operator is told', () => {
  it('of paths is bounded, and the worst come first', () => {
    const many = Array.from({ length: 5_000 }, (_, index) => path(`user${index}`, 'Confirmed', 1500));
    const summary = summarisePaths([
      ...many,
      path('narrow', 'Confirmed', 1000),
      path('hole', 'BlackHole', 1454),
      path('deaf', 'Indeterminate', 1400),
    ]);
    assert.deepEqual(
      summary.sessions.slice(0, 4).map(({ user }) => user.name),
      ['deaf', 'hole', 'narrow', 'user0'],
    );
    assert.equal(summary.sessions.length, 50);
    assert.deepEqual(summary.states, { Confirmed: 5_001, BlackHole: 1, Indeterminate: 1 });
    assert.deepEqual(summary.tunnelMTU, { smallest: 956, largest: 1456 });
  });

  it('of a session names its user and nothing secret', () => {
    const user = { namespace: 'vpn', name: 'alice', ntHash: 'secret' } as never;
    const session = { user, peerAddress: 0xc0000207, pathMtu: 1454, tunnelMtu: 1410 };
    const [view] = viewPath(session, { state: 'BlackHole', interfaceMtu: 1500 });
    assert.deepEqual(view, path('alice', 'BlackHole', 1454));
    assert.equal(viewPath(session, undefined)[0]?.state, 'Fixed');
    assert.deepEqual(viewPath({ ...session, user: undefined }, undefined), []);
  });

  it('before anything runs is that nothing does', () => {
    const status = viewStatus({ node: 'node1', report: undefined, configHash: null, problems: [] });
    assert.deepEqual([status.ready, status.sessions, status.pathMTU.sessions], [false, 0, []]);
    assert.deepEqual(status.notices.latest, []);
  });
});
