// Long transfers and lossy lines with a real Linux client.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alice, twoUsers } from '../support/lab/documents.ts';
import { officeFileHash } from '../support/lab/office-files.ts';
import { addresses } from '../support/lab/topology.ts';
import { cannotRun, shareWorld } from '../support/lab/world.ts';

const call = { user: alice.name, password: alice.password, routes: ['192.168.80.0/24'] };
const megabyte = 1_000_000;

describe('through the tunnel of a real Linux client', { skip: cannotRun }, () => {
  const world = shareWorld({ documents: twoUsers() });
  const download = (size: number, seconds: number) =>
    world.machine().run(
      `curl -sS --max-time ${seconds} -w '%{speed_download}\\n' -o /run/lab/file http://${addresses.office}/${size}MB
       sha256sum </run/lab/file; rm /run/lab/file`,
      seconds * 1000 + 10_000,
    );

  it('200 MB pass in one session, over the 4,096-packet count of MPPE many times', async (t) => {
    await (await world.dial({ ...call, pptp: ['--nobuffer'] })).up();
    const output = await world
      .machine()
      .run(`curl -sS --max-time 150 http://${addresses.office}/200MB | sha256sum`, 160_000);
    assert.match(output, new RegExp(officeFileHash(200 * megabyte)));
    const [session] = await world.server.sessions();
    assert.ok((session?.sentPackets ?? 0) > 20 * 4096, `sentPackets is ${session?.sentPackets}`);
    t.diagnostic(`${session?.sentPackets} packets sent, ${session?.receivedPackets} received`);
  });

  it('20 MB pass upwards', async () => {
    await (await world.dial({ ...call, pptp: ['--nobuffer'] })).up();
    const output = await world.machine().run(
      `head -c 20000000 /dev/urandom >/run/lab/file
       curl -sS --max-time 60 --data-binary @/run/lab/file http://${addresses.office}/
       sha256sum </run/lab/file; rm /run/lab/file`,
      70_000,
    );
    const [answer = '', sum = ''] = output.split('\n').filter((line) => line !== '');
    assert.equal(answer, `20000000 ${sum.split(' ')[0]}`);
  });

  it('a login and a download succeed at 3 % loss, at the second try at the latest', async (t) => {
    await world.lab.setConditions({ lossPerMille: 30 });
    let tries = 1;
    let connection = await world.dial({ ...call, pptp: ['--nobuffer'] });
    // pppd repeats no CHAP Response: a lost one costs the attempt.
    for (; (await connection.settled(40_000)) !== 'up' && tries < 3; tries += 1) {
      await connection.end();
      connection = await world.dial({ ...call, pptp: ['--nobuffer'] });
    }
    await connection.up();
    t.diagnostic(`logged in at try ${tries}`);
    const output = await download(1, 80);
    assert.match(output, new RegExp(officeFileHash(megabyte)));
    assert.equal((await world.server.sessions()).length, 1);
  });
});
