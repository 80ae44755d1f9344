// SE-1: whatever the kernel answers to a packet's system call, sessions live, the errors are counted, and packets flow again
// when it is over. Injected at every call of the data path, and the real thing.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/lab/commands.ts';
import { cannotRun } from '../support/lab/world.ts';
import type { Fault } from '../support/simulated/faulty-server.ts';
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

const Sessions = 3;
const errnos: readonly Fault['errno'][] = [
  ...(['EMSGSIZE', 'ENOBUFS', 'EPERM', 'EACCES', 'EHOSTUNREACH'] as const),
  ...(['ENETUNREACH', 'ECONNREFUSED', 'EIO', 'EINVAL'] as const),
];
const operations = {
  sendmmsg: 'gre_send',
  recvmmsg: 'gre_receive',
  read: 'tun_read',
  write: 'tun_write',
} as const;
/** Once, for a while, one in ten. */
const extents = [
  { calls: 1, oneIn: 1 },
  { calls: 12, oneIn: 1 },
  { calls: 100, oneIn: 10 },
] as const;

describe('errors of the host end no session (SE-1)', { skip: cannotRun }, () => {
  let hosts: TwoHosts;
  let server: FaultyServer;
  let swarm: RemoteSwarm;

  before(async () => {
    hosts = await buildTwoHosts();
    server = await startFaultyServer(hosts, manyUsers(Sessions));
    swarm = startSwarm(hosts.undo, hosts.clients);
    const outcomes = await swarm.logIn({
      server: serverAddress,
      firstSource,
      count: Sessions,
      atOnce: Sessions,
      username: 'user%d',
      password: everyonesPassword,
    });
    assert.ok(outcomes.every(({ state }) => state === 'opened'));
  });
  after(() => hosts?.undo.now());

  /** Through TUN and back: every call of the data path takes part. */
  const pingOffice = (patience = 150) => swarm.ping({ destination: officeAddress, patience });
  const errorsOf = async (operation: string, errno: string) =>
    (await server.metric('vpn_host_errors_total', { operation, errno })) ?? 0;

  async function allAnswer(timeout = 5_000): Promise<void> {
    await eventually('pings of all sessions', timeout, async () =>
      (await pingOffice(500)) === Sessions ? 'all' : undefined,
    );
    assert.equal((await server.sessions()).length, Sessions);
    assert.ok(!server.ended);
  }

  for (const syscall of ['sendmmsg', 'recvmmsg', 'read', 'write'] as const) {
    it(`${syscall}: each errno, once, for a while and now and then`, { timeout: 120_000 }, async () => {
      for (const errno of errnos) {
        const counted = await errorsOf(operations[syscall], errno);
        let hit = 0;
        const tryOut = async (extent: (typeof extents)[number]) => {
          await server.inject({ syscall, errno, ...extent });
          for (let round = 0; round < 3; round++) await pingOffice(60);
          hit += await server.inject({ syscall, errno, calls: 0, oneIn: 1 });
        };
        for (const extent of extents) await tryOut(extent);
        // A busy server may have made no call meanwhile.
        for (let more = 0; hit === 0 && more < 20; more++) await tryOut(extents[0]);
        assert.ok(hit > 0, `${errno} was never injected`);
        const grown = (await errorsOf(operations[syscall], errno)) - counted;
        assert.ok(grown > 0, `${hit} × ${errno} at ${syscall} were not counted`);
      }
      await allAnswer();
    });
  }

  it('a firewall that drops our GRE (EPERM) for a while: counted, and over when it is over', async () => {
    const counted = await errorsOf('gre_send', 'EPERM');
    await hosts.server.nftTable(
      'quiet',
      'chain out { type filter hook output priority 0; ip protocol gre drop; }',
    );
    assert.equal(await pingOffice(), 0);
    await sleep(4_000);
    await hosts.server.nftTable('quiet', '');
    await allAnswer();
    assert.ok((await errorsOf('gre_send', 'EPERM')) > counted);
  });

  it('the uplink down for 3 s (ENETUNREACH): the same', async () => {
    const counted = await errorsOf('gre_send', 'ENETUNREACH');
    await hosts.server.ip('link set wan0 down');
    // Something of a session has to leave now: the client hears nothing and answers nothing.
    await hosts.server.attempt(['ping', '-c', '2', '-W', '1', (await server.sessions())[0]?.address ?? '']);
    await sleep(3_000);
    await hosts.server.ip('link set wan0 up');
    await hosts.server.ip('route replace default via 198.51.100.1');
    await allAnswer(8_000);
    assert.ok((await errorsOf('gre_send', 'ENETUNREACH')) > counted);
  });

  it('the TUN deleted under it: made again with address and route, and packets flow', async () => {
    await hosts.server.ip('link del vpn-office');
    await allAnswer(8_000);
    assert.match(await hosts.server.ip('addr show dev vpn-office'), /inet 10\.77\.0\.1\/32/);
  });

  it('was told of no end in all this', () => {
    assert.doesNotMatch(server.output, / ended: |uncaught|"level":"fatal"/);
  });
});
