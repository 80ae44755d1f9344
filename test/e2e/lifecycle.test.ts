// Beginnings and ends: a client that vanishes, a server that is killed or stopped, a user edited while connected.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alice, twoUsers, vpnUser } from '../support/lab/documents.ts';
import { addresses } from '../support/lab/topology.ts';
import { cannotRun, shareWorld } from '../support/lab/world.ts';

const call = { user: alice.name, password: alice.password, routes: ['192.168.80.0/24'] };

describe('over the life of a server and its client', { skip: cannotRun }, () => {
  const world = shareWorld({ documents: twoUsers() });
  const pingOffice = () => world.machine().run(`ping -c 2 -i 0.2 -W 2 ${addresses.office}`);

  it('forwards to the office on a host with ip_forward = 0, and leaves that switch alone', async () => {
    await (await world.dial(call)).up();
    await pingOffice();
    assert.equal((await world.lab.server.run(['cat', '/proc/sys/net/ipv4/ip_forward'])).trim(), '0');
  });

  it('takes a client back at once after kill -9 of its programs', async () => {
    const first = await world.dial(call);
    await first.up();
    await first.kill();
    await (await world.dial(call)).up();
    await pingOffice();
    assert.equal((await world.server.sessions()).length, 1);
  });

  it('replaces the session of a client whose battery died when its user logs in again', async () => {
    const laptop = await world.lab.addMachine();
    await (await world.dial(call, laptop)).up();
    laptop.destroy();
    const mark = world.server.mark();
    const { localAddress } = await (await world.dial(call)).up();
    await pingOffice();
    const sessions = await world.server.sessions();
    assert.deepEqual(
      sessions.map(({ address }) => address),
      [localAddress],
    );
    await world.server.said(/replaced|logged in again/i, { since: mark });
  });

  it('ends the session of a user whose file says suspended within 2 s, and refuses him with E=647', async () => {
    const connection = await world.dial(call);
    await connection.up();
    const { server } = world;
    let since = server.mark();
    const start = Date.now();
    server.write('alice.yaml', vpnUser({ ...alice, spec: 'suspended: true' }));
    try {
      const ended = JSON.parse(await server.said(/alice from \S+ ended: /, { since }));
      const seconds = (Date.parse(ended.time) - start) / 1000;
      assert.ok(seconds <= 2, `the session ended after ${seconds.toFixed(2)} s`);
      await server.idle(2_000);
      await connection.down();
      const refused = await (await world.dial(call)).down();
      assert.match(refused.text, /E=647/);
    } finally {
      since = server.mark();
      server.write('alice.yaml', vpnUser(alice));
    }
    await server.said(/changed documents are in force/, { since });
    await (await world.dial(call)).up();
  });

  it('keeps the last good configuration when an edit is bad, and names the fault (exit code untouched)', async () => {
    const connection = await world.dial(call);
    await connection.up();
    const mark = world.server.mark();
    world.server.write('alice.yaml', vpnUser({ ...alice, spec: 'suspendedd: true' }));
    try {
      await world.server.said(/alice\.yaml:\d+.*suspendedd/, { since: mark });
      await pingOffice();
    } finally {
      world.server.write('alice.yaml', vpnUser(alice));
    }
  });

  it('tells the client goodbye at SIGTERM, exits 0 and leaves nothing in the kernel', async () => {
    const connection = await world.dial(call);
    await connection.up();
    assert.equal(await world.server.stop('SIGTERM'), 0);
    assert.deepEqual(await world.residueOnServer(), []);
    const log = await connection.down(10_000);
    assert.match(log.text, /LCP terminated by peer/);
  });

  it('cleans up after its own kill -9 at the next start, and at that one’s end nothing is left', async () => {
    const connection = await world.dial(call);
    await connection.up();
    await world.server.stop('SIGKILL');
    await connection.down();
    await world.restartServer();
    await (await world.dial(call)).up();
    await pingOffice();
    assert.equal(await world.server.stop('SIGINT'), 0);
    assert.deepEqual(await world.residueOnServer(), []);
  });
});
