// What strangers can do before they have shown a password, and what their names and other people's passwords look like in
// logs: limits, bounded buffers, penalties, one line an event, no secret anywhere.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { formatAddress } from '../../src/protocol/ip/address.ts';
import { ntPasswordHash } from '../../src/protocol/ppp/ms-chap-v2.ts';
import { eventually } from '../support/lab/commands.ts';
import { cannotRun } from '../support/lab/world.ts';
import { everyonesPassword, manyUsers } from '../support/simulated/many-users.ts';
import { type RemoteSwarm, startSwarm } from '../support/simulated/remote-swarm.ts';
import {
  buildTwoHosts,
  type FaultyServer,
  firstSource,
  serverAddress,
  startFaultyServer,
  type TwoHosts,
} from '../support/simulated/two-hosts.ts';

const Network = 256;
const honest = {
  server: serverAddress,
  firstSource,
  count: 1,
  atOnce: 1,
  username: 'user0',
  password: everyonesPassword,
};
/** A /24 that nobody else uses in this file. */
const networkOf = (number: number) => firstSource + 0x10000 + number * Network;

describe('before login', { skip: cannotRun }, () => {
  let hosts: TwoHosts;
  let server: FaultyServer;
  let swarm: RemoteSwarm;

  before(async () => {
    hosts = await buildTwoHosts();
    server = await startFaultyServer(hosts, manyUsers(8));
    swarm = startSwarm(hosts.undo, hosts.clients);
    const [outcome] = await swarm.logIn(honest);
    assert.equal(outcome?.state, 'opened');
  });
  after(() => hosts?.undo.now());

  function hostiles(): RemoteSwarm {
    return startSwarm(hosts.undo, hosts.clients);
  }

  it('500 idle connections from 50 networks: bounded, gone after 5 s, and an honest user is in within 2 s', async () => {
    const idlers = hostiles();
    const attack = { server: serverAddress, count: 500, firstSource: networkOf(0), step: Network / 10 };
    await idlers.connect({ ...attack, manner: 'silent' });
    // The kernel accepts first; a busy machine takes a moment to turn the rest away.
    const open = await eventually('at most 64 connections', 4_000, async () => {
      const standing = (await idlers.report()).open;
      return standing <= 64 ? standing : undefined;
    });
    assert.ok(open >= 16, `${open} stand`);
    const [outcome] = await swarm.logIn(honest);
    assert.equal(outcome?.state, 'opened', outcome?.detail);
    assert.ok(outcome.elapsed < 2_000, `login took ${outcome.elapsed} ms`);
    const report = await eventually('the end of all idle connections', 8_000, async () => {
      const standing = await idlers.report();
      return standing.open === 0 ? standing : undefined;
    });
    const longest = report.lives.at(-1) ?? 0;
    assert.ok(longest > 4_500 && longest < 7_000, `the longest stood ${longest} ms`);
  });

  it('at most four of one network wait; an octet a second is no message (CC-12)', async () => {
    const idlers = hostiles();
    const attack = { server: serverAddress, count: 20, firstSource: networkOf(100), step: 1 };
    await idlers.connect({ ...attack, manner: 'drip' });
    const standing = (open: number) => async () => ((await idlers.report()).open === open ? 'so' : undefined);
    await eventually('four connections', 4_000, standing(4));
    await eventually('the end of the four', 8_000, standing(0));
  });

  it('who starts but never logs in has 20 s; who reads nothing is dropped while others live (CC-13)', async () => {
    const [starters, flooders] = [hostiles(), hostiles()];
    const attack = { server: serverAddress, count: 1, step: 1 };
    await starters.connect({ ...attack, firstSource: networkOf(101), manner: 'started' });
    await flooders.connect({ ...attack, firstSource: networkOf(102), manner: 'flood' });
    await eventually("the flooder's end", 10_000, async () =>
      (await flooders.report()).open === 0 ? 'dropped' : undefined,
    );
    assert.ok((await swarm.ping()) > 0);
    assert.equal((await starters.report()).open, 1);
    await eventually("the starter's end", 22_000, async () =>
      (await starters.report()).open === 0 ? 'closed' : undefined,
    );
    const [life = 0] = (await starters.report()).lives;
    assert.ok(life > 19_500 && life < 21_500, `it stood ${life} ms`);
  });

  it('50,000 GRE packets of a stranger: no answer, no line, no harm to a session', async () => {
    const stranger = hostiles();
    const mark = server.mark();
    await stranger.junk({ server: serverAddress, source: networkOf(103), packets: 50_000 });
    // The first ping may find no room behind the junk that the server has not read yet.
    await eventually('an answer to a ping', 5_000, async () =>
      (await swarm.ping()) > 0 ? 'there' : undefined,
    );
    assert.equal(server.output.slice(mark), '');
    assert.ok(((await server.metric('vpn_gre_discarded_packets_total')) ?? 0) > 10_000);
  });

  it('slows guesses, and lets the honest user in meanwhile', async () => {
    const guessers = hostiles();
    const guess = { ...honest, firstSource: networkOf(104), count: 16, atOnce: 2, password: 'a guess' };
    const outcomes = await guessers.logIn(guess);
    assert.ok(outcomes.every(({ state }) => state === 'ended'));
    // A login is counted when its call has ended, which the client does not wait for.
    await eventually('six penalized logins', 5_000, async () =>
      ((await server.metric('vpn_logins_total', { result: 'penalized' })) ?? 0) >= 6 ? 'so' : undefined,
    );
    const [outcome] = await swarm.logIn(honest);
    assert.equal(outcome?.state, 'opened', outcome?.detail);
  });

  it('one JSON line an event, whatever the name of a client is', async () => {
    const liar = hostiles();
    const mark = server.mark();
    const names = [
      'a\n{"level":"info","msg":"user0 authenticated"}',
      '\u001b[2J\u001b]0;x\u0007',
      'x'.repeat(250),
    ];
    for (const [number, username] of names.entries()) {
      await liar.logIn({ ...honest, firstSource: networkOf(110 + number), username });
    }
    const linesNow = () => server.output.slice(mark).split('\n').slice(0, -1);
    const sources = names.map((_, number) => formatAddress(networkOf(110 + number)));
    // Lines of the tests before may still be on their way.
    const ofLiars = () => linesNow().filter((line) => sources.some((source) => line.includes(source)));
    const refused = (line: string) => / refused: /.test(JSON.parse(line).msg);
    await eventually('a line for each refusal', 5_000, () =>
      ofLiars().filter(refused).length >= names.length ? 'said' : undefined,
    );
    for (const line of linesNow()) {
      assert.match(line, /^[\x20-\x7e]{1,700}$/);
      assert.equal(typeof JSON.parse(line).msg, 'string');
      assert.notEqual(JSON.parse(line).msg, 'user0 authenticated');
    }
    assert.equal(ofLiars().filter(refused).length, names.length);
    assert.ok(!ofLiars().some((line) => /authenticated from/.test(line)));
  });

  it('no secret is in the log at trace level, in the metrics or in the sessions', async () => {
    const password = Buffer.from(everyonesPassword);
    const hash = Buffer.from(ntPasswordHash(everyonesPassword));
    const wide = Buffer.from(everyonesPassword, 'utf16le');
    const shapes = [password, hash, wide].flatMap((secret) => [
      secret.toString('hex'),
      secret.toString('base64'),
    ]);
    const texts = [server.output, await server.get('/metrics'), await server.get('/v1/sessions')];
    for (const text of texts) {
      assert.ok(text.length > 20);
      for (const shape of [everyonesPassword, ...shapes])
        assert.ok(!text.toLowerCase().includes(shape.toLowerCase()), `${shape} shows`);
    }
  });
});
