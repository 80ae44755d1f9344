// Edits while sessions run, and what the log tells of a session's life: simulated clients, so that several users can be
// watched at once.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../support/lab/commands.ts';
import { cannotRun } from '../support/lab/world.ts';
import { everyonesPassword, manyUsers } from '../support/simulated/many-users.ts';
import { type RemoteSwarm, startSwarm } from '../support/simulated/remote-swarm.ts';
import {
  buildTwoHosts,
  type FaultyServer,
  firstSource,
  officeAddress,
  serverAddress,
  startFaultyServer,
  type TwoHosts,
} from '../support/simulated/two-hosts.ts';

const file = 'office.yaml';
const documents = manyUsers(3);
const text = documents[file] ?? '';

describe('an edit while sessions run', { skip: cannotRun }, () => {
  let hosts: TwoHosts;
  let server: FaultyServer;
  let swarm: RemoteSwarm;

  before(async () => {
    hosts = await buildTwoHosts();
    server = await startFaultyServer(hosts, documents);
    swarm = startSwarm(hosts.undo, hosts.clients);
    const common = { server: serverAddress, username: 'user%d', password: everyonesPassword };
    const outcomes = await swarm.logIn({ ...common, firstSource, count: 3, atOnce: 1 });
    assert.ok(outcomes.every(({ state }) => state === 'opened'));
  });
  after(() => hosts?.undo.now());

  async function edit(next: string): Promise<void> {
    const since = server.mark();
    server.write(file, next);
    await server.said(/changed documents are in force/, { since });
  }
  const withSpec = (lines: string) => text.replace('\nspec:\n', `\nspec:\n${lines}`);
  const withUser1 = (field: string) => {
    const user1 = 'metadata: {name: user1, namespace: vpn}\nspec: {';
    assert.ok(text.includes(user1));
    return text.replace(user1, `${user1}${field}, `);
  };
  const users = async () => (await server.sessions()).map(({ user }) => user).toSorted();

  it('tells a session from its connection to its address in four lines, each once', async () => {
    // All of the last user's lines are there: then all of the first one's.
    await server.said(/user2 has address/);
    const told = server.output
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
    const about = told.filter(({ user, from }) => user === 'user0' || from === '100.64.0.1');
    const shapes = [
      /^100\.64\.0\.1 connected$/,
      /^user0 authenticated from 100\.64\.0\.1$/,
      /^user0 is encrypted with MPPE-128-stateless$/,
      /^user0 has address 10\.77\.\d+\.\d+, tunnel MTU \d+$/,
    ];
    assert.equal(about.length, shapes.length);
    for (const [place, shape] of shapes.entries()) assert.match(about[place].msg, shape);
  });

  it('a fixed MTU, name servers and one more pool take hold, and nobody is dropped', async () => {
    await edit(
      withSpec('  mtu: {mode: Fixed, value: 1300}\n  dns: [192.168.80.2]\n').replace(
        '[{cidr: 10.77.0.0/16}]',
        '[{cidr: 10.77.0.0/16}, {cidr: 10.78.0.0/24}]',
      ),
    );
    const sessions = await server.sessions();
    assert.deepEqual(
      sessions.map(({ tunnelMTU }) => tunnelMTU),
      [1300, 1300, 1300],
    );
    assert.match(await hosts.server.ip('route show dev vpn-office'), /10\.78\.0\.0\/24/);
    assert.equal(await swarm.ping(), 3);
  });

  it('narrower destinations hold for sessions that run', async () => {
    await edit(text);
    assert.equal(await swarm.ping({ destination: officeAddress }), 3);
    await edit(withSpec('  routing: {allowedDestinations: [192.168.81.0/24]}\n'));
    assert.equal(await swarm.ping({ destination: officeAddress, patience: 400 }), 0);
    await edit(text);
    assert.equal(await swarm.ping({ destination: officeAddress }), 3);
  });

  it("a user's own narrower list holds for the session that runs, and for no other one", async () => {
    await edit(withUser1('allowedDestinations: [192.168.81.0/24]'));
    assert.equal(await swarm.ping({ destination: officeAddress, patience: 400 }), 2);
    await edit(text);
    assert.equal(await swarm.ping({ destination: officeAddress }), 3);
  });

  it('a bad edit changes nothing, and each of its faults is told', async () => {
    const since = server.mark();
    server.write(file, withSpec('  nonsense: 1\n  mtu: {mode: Fixed, value: 9000}\n'));
    await server.said(/last good configuration stays in force/, { since });
    const said = server.output.slice(since);
    assert.match(said, /nonsense/);
    assert.match(said, /9000/);
    assert.equal(await swarm.ping(), 3);
    await edit(`${text}\n`);
  });

  it('an expiry that was moved near ends that session when it comes, and no other', async () => {
    const since = server.mark();
    const soon = Date.now() + 3_000;
    const expiresAt = new Date(soon).toISOString();
    await edit(withUser1(`expiresAt: "${expiresAt}"`));
    await eventually("user1's end", 6_000, async () => ((await users()).length === 2 ? 'ended' : undefined));
    assert.deepEqual(await users(), ['user0', 'user2']);
    const line = JSON.parse(await server.said(/user1 from 100\.64\.0\.2 ended/, { since }));
    assert.equal(line.reason, 'expired');
    assert.ok(Date.parse(line.time) >= soon, `not before its time: ${line.time} and ${expiresAt}`);
    assert.ok(line.receivedBytes > 0 && line.sentBytes > 0 && line.seconds >= 1);
  });
});
