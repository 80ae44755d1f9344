// A real Linux client (Debian's pptp and pppd) logs in, in the variations that people's computers show.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { md4 } from '../../src/protocol/crypto/md4.ts';
import { capture } from '../support/lab/capture.ts';
import { eventually } from '../support/lab/commands.ts';
import { alice, bob, twoUsers, vpnUser } from '../support/lab/documents.ts';
import { officeFileHash } from '../support/lab/office-files.ts';
import { packetsOf } from '../support/lab/pppd-log.ts';
import { addresses } from '../support/lab/topology.ts';
import { cannotRun, shareWorld } from '../support/lab/world.ts';

const call = { user: alice.name, password: alice.password, routes: ['192.168.80.0/24'] };
const megabyte = 1_000_000;

const japanese = 'パスワード';

/**
 * pppd knows no UTF-16: it puts a zero byte after each byte of its UTF-8 text (CH-4). A Secret may hold the MD4 of that as
 * `ntHash`; from a password the server makes both hashes itself.
 */
const hashOfPppd = Buffer.from(
  md4(Buffer.from(Buffer.from(japanese).toString('latin1'), 'utf16le')),
).toString('hex');
const japaneseDocument = `apiVersion: vpn-operator.dev/v1alpha1
kind: VpnUser
metadata: {name: kenji, namespace: vpn}
spec: {serverRef: {name: office}, passwordSecretRef: {name: kenji, key: ntHash}}
---
apiVersion: v1
kind: Secret
metadata: {name: kenji, namespace: vpn}
stringData: {ntHash: ${hashOfPppd}}
`;

const documents = {
  ...twoUsers(),
  'kenji.yaml': japaneseDocument,
  'yuki.yaml': vpnUser({ name: 'yuki', password: japanese }),
};

describe('a real Linux client logs in', { skip: cannotRun }, () => {
  const world = shareWorld({ documents });
  const download = (size: number) =>
    world.machine().run(`curl -sS --max-time 30 http://${addresses.office}/${size}MB | sha256sum`, 40_000);

  it('with 128-bit stateless MPPE, pings the gateway and the office, and downloads 10 MB', async (t) => {
    const connection = await world.dial(call);
    const log = await connection.up();
    assert.equal(log.encryption, 'MPPE 128-bit stateless');
    assert.match(log.localAddress ?? '', /^10\.77\.0\.\d+$/);
    assert.equal(log.gatewayAddress, '10.77.0.1');
    await world.machine().run('ping -c 3 -i 0.2 -W 2 10.77.0.1');
    await world.machine().run(`ping -c 3 -i 0.2 -W 2 ${addresses.office}`);
    assert.match(await download(10), new RegExp(officeFileHash(10 * megabyte)));

    const [session] = await world.server.sessions();
    assert.equal(session?.user, 'alice');
    assert.equal(session?.address, log.localAddress);
    assert.equal(session?.peerAddress, world.machine().address);
    assert.equal(session?.state, 'Established');
    assert.equal(session?.encryption, 'MPPE-128-stateless');
    assert.ok((session?.sentBytes ?? 0) >= 10 * megabyte, `sentBytes is ${session?.sentBytes}`);
    assert.equal(await world.server.metric('vpn_sessions'), 1);
    assert.equal(await world.server.metric('vpn_logins_total', { result: 'success' }), 1);
    t.diagnostic(`login took ${(await connection.loginSeconds()).toFixed(3)} s by the client's clock`);

    const mark = world.server.mark();
    await connection.hangUp();
    await world.server.said(/alice/, { since: mark });
  });

  it('and no inner byte is in clear on the wire', async () => {
    const { lab } = world;

    const connection = await world.dial(call);
    await connection.up();
    const outside = await capture(lab.undo, lab.router, 'core0');
    const inside = await capture(lab.undo, lab.office, 'eth0');
    await download(1);
    await Promise.all([outside.stop(), inside.stop()]);
    // The same search inside the office must find it, or the search proves nothing.
    assert.ok(inside.contains('price list'), 'the capture in the office shows the text');
    assert.ok((await outside.count('ip proto 47')) > 500, 'the capture outside shows GRE');
    assert.ok(!outside.contains('price list'), 'the file is readable on the wire');
    assert.ok(!outside.contains('HTTP/1.1'), 'the HTTP header is readable on the wire');
    const inner = Buffer.from(addresses.office.split('.').map(Number));
    assert.ok(!outside.contains(inner), "the office's address is readable on the wire");
  });

  it('refuses a wrong password with E=691, in the log with the reason (CH-7)', async () => {
    const mark = world.server.mark();
    const connection = await world.dial({ ...call, password: 'wrong horse' });
    const log = await connection.down();
    assert.equal(log.authenticated, false);
    assert.equal(log.localAddress, undefined);
    assert.match(packetsOf(log, 'rcvd', 'CHAP', 'Failure')[0]?.text ?? '', /E=691 R=0/);
    await world.server.said(/alice.*password|password.*alice/i, { since: mark });
    assert.ok(!world.server.output.includes('wrong horse'));
  });

  it('gives an unknown user the same answer as a wrong password', async () => {
    const log = await (await world.dial({ ...call, user: 'mallory' })).down();
    assert.match(packetsOf(log, 'rcvd', 'CHAP', 'Failure')[0]?.text ?? '', /E=691 R=0/);
  });

  it('accepts DOMAIN\\user and leaves the domain out of the hash (CH-3)', async () => {
    const log = await (await world.dial({ ...call, user: 'OFFICE\\alice' })).up();
    assert.equal(log.authenticated, true);
    assert.equal((await world.server.sessions())[0]?.user, 'alice');
  });

  it('takes a password with quotes, spaces and a backslash', async () => {
    await (await world.dial({ user: bob.name, password: bob.password })).up();
    assert.equal((await world.server.sessions())[0]?.user, 'bob');
  });

  it("takes a Japanese password by the hash that pppd makes of it (pppd's fault of CH-4)", async () => {
    await (await world.dial({ user: 'kenji', password: japanese })).up();
    assert.equal((await world.server.sessions())[0]?.user, 'kenji');
  });

  it('lets a Japanese password in as it stands in the Secret, though pppd knows no UTF-16 (CH-4)', async () => {
    await (await world.dial({ user: 'yuki', password: japanese })).up();
    assert.equal((await world.server.sessions())[0]?.user, 'yuki');
  });

  it('never sends a client with MRU 1000 a longer frame (LCP-4), and its download works', async () => {
    const connection = await world.dial({ ...call, pppd: ['require-mppe-128', 'mru 1000'] });
    await connection.up();
    const log = await connection.log();
    assert.match(packetsOf(log, 'sent', 'LCP', 'ConfReq')[0]?.text ?? '', /<mru 1000>/);
    assert.match(await download(1), new RegExp(officeFileHash(megabyte)));
    await world.machine().run(`ping -c 2 -i 0.3 -W 2 -s 1300 ${addresses.office}`);
    const [session] = await world.server.sessions();
    assert.ok((session?.tunnelMTU ?? 9999) <= 996, `tunnelMTU is ${session?.tunnelMTU}`);
  });

  it('works without address and protocol field compression (LCP-3)', async () => {
    const connection = await world.dial({ ...call, pppd: ['require-mppe-128', 'noaccomp', 'nopcomp'] });
    await connection.up();
    assert.match(await download(1), new RegExp(officeFileHash(megabyte)));
  });

  it('works with and without an offer of Van Jacobson compression, which it refuses (IP-1)', async () => {
    const first = await world.dial(call);
    const offered = await first.up();
    assert.equal(packetsOf(offered, 'rcvd', 'IPCP', 'ConfRej').length, 1);
    await world.machine().run('ping -c 1 -W 2 10.77.0.1');
    await first.hangUp();
    const without = await (await world.dial({ ...call, pppd: ['require-mppe-128', 'novj'] })).up();
    assert.equal(packetsOf(without, 'rcvd', 'IPCP', 'ConfRej').length, 0);
    await world.machine().run('ping -c 1 -W 2 10.77.0.1');
  });

  it('tells a client that asks which name servers to use (IP-1)', async () => {
    const log = await (await world.dial({ ...call, pppd: ['require-mppe-128', 'usepeerdns'] })).up();
    assert.deepEqual(log.dns, ['10.77.0.1', '192.168.80.2']);
  });

  it('answers an LCP Echo every second', async () => {
    // pppd shows the echoes of a link that is up only to those who ask for debug twice.
    const echoing = ['debug', 'require-mppe-128', 'lcp-echo-interval 1', 'lcp-echo-failure 2'];
    const connection = await world.dial({ ...call, pppd: echoing });
    await connection.up();
    const log = await eventually('five questions of pppd', 20_000, async () => {
      const now = await connection.log();
      return packetsOf(now, 'sent', 'LCP', 'EchoReq').length >= 5 ? now : undefined;
    });
    const asked = packetsOf(log, 'sent', 'LCP', 'EchoReq').length;
    assert.ok(packetsOf(log, 'rcvd', 'LCP', 'EchoRep').length >= asked - 1);
    assert.equal((await world.server.sessions()).length, 1);
  });
});
