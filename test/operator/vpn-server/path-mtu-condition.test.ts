import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PathState, SessionPath } from '../../../src/api/gateway-status.ts';
import { summarisePaths } from '../../../src/gateway/status-view-paths.ts';
import { pathMtuCondition, tunnelMtuText } from '../../../src/operator/vpn-server/path-mtu-condition.ts';
import type { Reported } from '../../../src/operator/vpn-server/reported.ts';
import { serverObject } from '../../support/operator/objects.ts';

function path(name: string, state: PathState, pathMTU = 1500): SessionPath {
  const user = { namespace: 'vpn', name };
  return { user, from: '192.0.2.7', state, interfaceMTU: 1500, pathMTU, tunnelMTU: pathMTU - 44 };
}

const gatewaysWith = (...paths: SessionPath[][]) =>
  paths.map((each) => ({ report: { pathMTU: summarisePaths(each) } })) as never[];

function conditionOf(paths: SessionPath[][], known: object[] = []): string {
  const server = { ...serverObject('office'), status: { conditions: known } };
  const reported = { situation: { gateways: gatewaysWith(...paths), server } } as unknown as Reported;
  const { status, reason, message } = pathMtuCondition(reported);
  return `${status} ${reason}: ${message}`;
}

describe('the condition PathMTU', () => {
  it('names user, address and values of a black hole, and what the network’s owner should do', () => {
    assert.equal(
      conditionOf([[path('bob', 'Confirmed')], [path('alice', 'BlackHole', 1454)]]),
      'True BlackHolesCured: alice from 192.0.2.7: the path takes 1454 bytes, our interface 1500, and no ICMP came back; ' +
        'inner MTU is 1410; the tunnels are cured; whoever owns a network on the way should let ICMP type 3 code 4 ' +
        '(fragmentation needed) pass, because everything else that crosses it suffers too',
    );
  });

  it('names the worst five, and counts the rest', () => {
    const holes = Array.from({ length: 80 }, (_, index) => path(`user${index}`, 'BlackHole', 1400 - index));
    const message = conditionOf([holes]);
    assert.match(
      message,
      /^True BlackHolesCured: user79 from .*; user75 from [^;]*; [^;]*; and 75 more like these; /,
    );
    assert.doesNotMatch(message, /user74/);
  });

  it('is False for a path that nobody can measure, before all else', () => {
    const message = conditionOf([[path('alice', 'BlackHole', 1454), path('carol', 'Indeterminate', 1400)]]);
    assert.match(message, /^False Indeterminate: carol from 192\.0\.2\.7: .*inner MTU is 1356/);
  });

  it('is no news while a first path is measured, and Unknown without sessions or with a fixed MTU', () => {
    assert.match(conditionOf([[path('alice', 'Searching')]]), /^Unknown Measuring/);
    const known = [{ type: 'PathMTU', status: 'True', reason: 'Measured', message: 'as before' }];
    assert.equal(conditionOf([[path('alice', 'Searching')]], known), 'True Measured: as before');
    assert.match(conditionOf([[]]), /^Unknown NoSessions/);
    assert.match(conditionOf([[path('alice', 'Fixed')]]), /^Unknown Fixed/);
  });

  it('comes with the range of tunnel MTUs for the column', () => {
    const text = (...paths: SessionPath[][]) => tunnelMtuText(gatewaysWith(...paths));
    assert.equal(text([], []), undefined);
    assert.equal(text([path('alice', 'Confirmed', 1454)], []), '1410');
    assert.equal(text([path('alice', 'Confirmed', 1454)], [path('bob', 'Confirmed')]), '1410-1456');
  });
});
