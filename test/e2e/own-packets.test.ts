// Packets that the server's own host sends to a client, as a DNS server on it would: too large for the tunnel and with DF.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alice, twoUsers } from '../support/lab/documents.ts';
import { settledMtu } from '../support/lab/path-run.ts';
import { cannotRun, shareWorld } from '../support/lab/world.ts';

describe('a packet of our own host that does not fit the tunnel', { skip: cannotRun }, () => {
  const world = shareWorld({ documents: twoUsers() });

  it('is told so: the host learns the tunnel MTU like any other sender', async () => {
    await world.lab.setConditions({ mtu: 1400, icmp: 'filtered' });
    const connection = await world.dial({ user: alice.name, password: alice.password });
    const { localAddress = '' } = await connection.up();
    await settledMtu(world.server, 'alice', 1356);
    const ping = `ping -c 3 -i 0.3 -W 1 -M do -s 1400 ${localAddress} || true`;
    assert.match(await world.lab.server.run(['sh', '-c', `(${ping}) 2>&1`]), /mtu ?[=:] ?1356/);
  });
});
