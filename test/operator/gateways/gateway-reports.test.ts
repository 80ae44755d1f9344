import assert from 'node:assert/strict';
import { it } from 'node:test';
import { answerOf } from '../../../src/operator/gateways/gateway-answer.ts';
import { GatewayReports } from '../../../src/operator/gateways/gateway-reports.ts';
import { VirtualClock } from '../../support/operator/virtual-clock.ts';

it('counts a gateway that answers nonsense as unreachable with the reason, and hears it again when it makes sense', async () => {
  const status = {
    ...{ node: 'worker', server: null, configHash: 'abc', ready: true, problems: [], sessions: 1 },
    ...{ addresses: { total: 4, used: 1 }, usersRevision: '' },
  };
  let told: object = { ...status, notices: null };
  const clock = new VirtualClock();
  const noticed: unknown[] = [];
  const reports = new GatewayReports({
    clock,
    ask: async (_, path) => answerOf(path, JSON.stringify(told)),
    serverChanged: () => {},
    userChanged: () => {},
    noticed: (_, notices) => noticed.push(notices),
  });
  const target = { host: '192.0.2.1', port: 9723, token: 'secret' };
  reports.follow('pod', { ...target, server: 'vpn/office', wantedHash: 'abc' });
  await clock.pass(5_000);
  assert.match(reports.get('pod').unreachable ?? '', /notices must be object/);
  assert.deepEqual([reports.get('pod').status, noticed], [undefined, []]);

  told = status;
  await clock.pass(5_000);
  assert.deepEqual([reports.get('pod').unreachable, reports.get('pod').status?.sessions], [undefined, 1]);
  reports.clear();
});
