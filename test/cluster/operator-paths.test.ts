// What the gateways find out about paths becomes words in Kubernetes: condition, Events, columns, last failure. The node is made
// of paper, the API server is real.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { GatewayNotice, SessionPath } from '../../src/api/gateway-status.ts';
import { summarisePaths } from '../../src/gateway/status-view-paths.ts';
import { cannotRunApi, givenKubeconfig } from '../support/kubernetes/programs.ts';
import { eventually } from '../support/lab/commands.ts';
import type { FakeNode } from '../support/operator/fake-node.ts';
import { serveOffice } from '../support/operator/office.ts';
import { OperatorLab } from '../support/operator/operator-lab.ts';

const skip = givenKubeconfig() ? 'needs an API server of its own' : cannotRunApi();

interface EventObject {
  reason: string;
  note: string;
  type: string;
  series?: { count: number };
  regarding: { kind: string; name: string };
}

const alice = { namespace: 'vpn', name: 'alice' };
const blackHole: SessionPath = {
  ...{ user: alice, from: '192.0.2.7', state: 'BlackHole', interfaceMTU: 1500 },
  ...{ pathMTU: 1454, tunnelMTU: 1410 },
};
const told =
  'alice from 192.0.2.7: the path takes 1454 bytes, our interface 1500, and no ICMP came back; inner MTU is now 1410';

describe('paths in Kubernetes', { skip, timeout: 180_000 }, () => {
  let lab: OperatorLab;
  let node: FakeNode;
  let started: ReturnType<OperatorLab['startOperator']>;
  const notices: GatewayNotice[] = [];

  before(async () => {
    lab = await OperatorLab.start();
    started = lab.startOperator();
    node = await serveOffice(lab);
  });
  after(async () => {
    node?.close();
    await lab?.close();
  });

  function say(paths: SessionPath[], ...news: Omit<GatewayNotice, 'sequence' | 'time'>[]): void {
    const time = new Date().toISOString();
    for (const each of news) notices.push({ ...each, sequence: notices.length + 1, time });
    node.status = {
      sessions: paths.length,
      pathMTU: summarisePaths(paths),
      notices: { process: 'first', now: time, latest: notices.slice(-100) },
    };
    const tail = paths.length === 0 ? {} : { path: { tunnelMTU: 1410, pathMTU: 1454 } };
    node.noteUsers([{ ...alice, sessions: paths.length, ...tail }]);
  }

  async function events(reason: string): Promise<EventObject[]> {
    const text = await lab.kubectl.run(['get', 'events.events.k8s.io', '-n', 'vpn', '-o', 'json']);
    return (JSON.parse(text) as { items: EventObject[] }).items.filter((event) => event.reason === reason);
  }

  const untilEvent = (reason: string) =>
    eventually(reason, 10_000, async () => {
      const found = await events(reason);
      return found.length > 0 ? found : undefined;
    });

  it('tell a black hole: condition with values and advice, Event on the user, MTU in both tables', async () => {
    say([blackHole], { reason: 'BlackHoleCured', message: told, user: alice });
    const [event] = await untilEvent('BlackHoleCured');
    assert.deepEqual([event?.note, event?.type, event?.regarding.name], [told, 'Normal', 'alice']);
    const condition = await lab.untilCondition('vpns', 'office', /^True BlackHolesCured/, 'PathMTU');
    assert.match(
      condition,
      /alice from 192\.0\.2\.7: the path takes 1454 bytes, our interface 1500, .*let ICMP type 3 code 4/,
    );
    await eventually('the columns', 10_000, async () => {
      const table = await lab.kubectl.run(['get', 'vpns,vpnu', '-n', 'vpn']);
      return /office +True +1\/1 +1 +\S+ +1410 /.test(table) && /alice +office .* 1410 /.test(table)
        ? true
        : undefined;
    });
    assert.match(await lab.kubectl.run(['describe', 'vpnu', 'alice', '-n', 'vpn']), /BlackHoleCured/);
  });

  it('tell what a gateway could not measure as False', async () => {
    say([{ ...blackHole, state: 'Indeterminate', pathMTU: 1400, tunnelMTU: 1356 }]);
    await lab.untilCondition('vpns', 'office', /^False Indeterminate: alice from 192\.0\.2\.7/, 'PathMTU');
  });

  it('tell a verdict on GRE to the user whom it may concern, else at the server', async () => {
    const message =
      '192.0.2.7 is connected, but its tunnel carries nothing: no GRE packet came from 192.0.2.7';
    const lastFailure = {
      ...{ time: '2026-05-01T09:00:00Z', reason: 'nothing_received', from: '192.0.2.7' },
      message: 'no GRE packet came from 192.0.2.7',
    };
    const stranger = message.replaceAll('192.0.2.7', '198.51.100.9');
    say([], { reason: 'GreBlocked', message, user: alice }, { reason: 'GreBlocked', message: stranger });
    node.noteUsers([{ ...alice, sessions: 0, lastFailure }]);
    const found = await eventually('both', 10_000, async () => {
      const blocked = await events('GreBlocked');
      return blocked.length === 2 ? blocked : undefined;
    });
    const about = found.map(({ regarding: { kind, name }, type }) => `${type} ${kind} ${name}`).sort();
    assert.deepEqual(about, ['Warning VpnServer office', 'Warning VpnUser alice']);
    const status = await eventually('the last failure', 10_000, async () => {
      const user = await lab.get<{ status: { lastFailure?: object; tunnelMTU?: number } }>('vpnu', 'alice');
      return user?.status.lastFailure === undefined ? undefined : user.status;
    });
    assert.deepEqual(status.lastFailure, lastFailure);
    assert.equal(status.tunnelMTU, undefined);
  });

  it('tell nothing twice when another operator takes over', async () => {
    const count = async () =>
      (await lab.kubectl.run(['get', 'events.events.k8s.io', '-n', 'vpn', '-o', 'name'])).split('\n').length;
    await lab.untilQuiet(started.writes);
    const before = await count();
    await started.close();
    started = lab.startOperator();
    await lab.untilCondition('vpns', 'office', /^True GatewaysReady/);
    await lab.untilQuiet(started.writes);
    assert.equal(await count(), before);
  });

  it('cost 25 Events at most, whatever a hostile client makes a gateway say, and none at rest', async () => {
    const done = started.writes.done.length;
    for (let round = 0; round < 4; round++) {
      const flood = Array.from({ length: 100 }, (_, index) => ({
        ...{ reason: 'GreBlocked' as const, user: alice },
        message: `flood ${round} ${index}`,
      }));
      say([], ...flood);
      await new Promise((resolve) => setTimeout(resolve, 2_500));
    }
    await lab.untilQuiet(started.writes);
    const written = started.writes.done.slice(done);
    assert.ok(written.length <= 26, `${written.length} writes`);
    assert.ok((await events('GreBlocked')).length <= 27);
    const atRest = started.writes.done.length;
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    assert.equal(started.writes.done.length, atRest);
  });
});
