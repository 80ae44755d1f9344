// What thousands of failed logins leave behind in /metrics: nothing but larger numbers. `scripts/figures/failed-logins.ts` does
// the same with a hundred thousand.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../support/lab/commands.ts';
import { type Server, startServer } from '../support/lab/server.ts';
import { cannotRun } from '../support/lab/world.ts';
import { failLogins, seriesOf } from '../support/simulated/failed-logins.ts';
import { manyUsers } from '../support/simulated/many-users.ts';
import { startSwarm } from '../support/simulated/remote-swarm.ts';
import { buildTwoHosts, type TwoHosts } from '../support/simulated/two-hosts.ts';

const count = 2_000;

describe('Failed logins', { skip: cannotRun }, () => {
  let hosts: TwoHosts;
  let server: Server;
  before(async () => {
    hosts = await buildTwoHosts();
    server = await startServer(hosts.undo, hosts.server, manyUsers(1));
  });
  after(() => hosts.undo.now());

  it(`add no series, though ${count} names were tried, and each is counted`, async (t) => {
    const seriesBefore = await seriesOf(server);
    const begin = performance.now();
    await failLogins(startSwarm(hosts.undo, hosts.clients), 0, count);
    t.diagnostic(`${count} in ${((performance.now() - begin) / 1000).toFixed(1)} s`);
    // A login is counted when its call has ended, which the client does not wait for.
    const failed = async () => (await server.metric('vpn_logins_total', { result: 'bad_credentials' })) ?? 0;
    await eventually(`${count} failed logins`, 5_000, async () =>
      (await failed()) >= count ? 'all' : undefined,
    );
    assert.deepEqual(await seriesOf(server), seriesBefore);
    assert.equal(await failed(), count);
    assert.equal(await server.metric('vpn_logins_total'), count, 'by no other result');
  });
});
