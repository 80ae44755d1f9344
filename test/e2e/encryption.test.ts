// What a real Linux client may and may not negotiate: the default policy takes 128-bit stateless MPPE and nothing less.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { alice, twoUsers } from '../support/lab/documents.ts';
import { packetsOf } from '../support/lab/pppd-log.ts';
import { cannotRun, shareWorld } from '../support/lab/world.ts';

const call = { user: alice.name, password: alice.password };
const required = twoUsers();
const lenient = twoUsers('encryption: {policy: Optional, keyLengths: [40, 56, 128], stateless: Preferred}');

describe('with the default encryption policy, a real Linux client', { skip: cannotRun }, () => {
  const world = shareWorld({ documents: required });

  it('that insists on 40 bits is refused, and the log says so in plain words (CCP-2)', async () => {
    const mark = world.server.mark();
    const log = await (await world.dial({ ...call, pppd: ['require-mppe-40'] })).down();
    assert.equal(log.encryption, undefined);
    assert.equal(log.localAddress, undefined);
    await world.server.said(/alice.*encrypt/i, { since: mark });
  });

  it('that refuses encryption is refused, with the reason on both sides (CCP-9)', async () => {
    const mark = world.server.mark();
    const log = await (await world.dial({ ...call, pppd: ['nomppe'] })).down();
    assert.equal(log.localAddress, undefined);
    assert.equal(packetsOf(log, 'rcvd', 'IPCP', 'ConfAck').length, 0);
    assert.match(packetsOf(log, 'rcvd', 'LCP', 'TermReq')[0]?.text ?? '', /encrypt/i);
    await world.server.said(/alice.*encrypt/i, { since: mark });
  });

  it('that does without CCP altogether is refused the same way (CCP-9)', async () => {
    const log = await (await world.dial({ ...call, pppd: ['noccp'] })).down();
    assert.equal(log.localAddress, undefined);
    assert.match(packetsOf(log, 'rcvd', 'LCP', 'TermReq')[0]?.text ?? '', /encrypt/i);
  });

  it('that allows stateful mode gets stateless (CCP-2)', async () => {
    const log = await (await world.dial({ ...call, pppd: ['require-mppe-128', 'mppe-stateful'] })).up();
    assert.equal(log.encryption, 'MPPE 128-bit stateless');
    await world.machine().run('ping -c 2 -i 0.2 -W 2 10.77.0.1');
  });

  it('that knows only MS-CHAPv1 is refused before any password is tried (LCP-5)', async () => {
    const mark = world.server.mark();
    const pppd = ['require-mppe-128', 'refuse-mschap-v2', 'refuse-chap', 'refuse-pap', 'refuse-eap'];
    const log = await (await world.dial({ ...call, pppd })).down();
    assert.equal(log.authenticated, false);
    assert.equal(packetsOf(log, 'sent', 'CHAP', 'Response').length, 0);
    await world.server.said(/MS-CHAP/i, { since: mark });
  });
});

describe('with policy Optional and all key lengths, a real Linux client', { skip: cannotRun }, () => {
  const world = shareWorld({ documents: lenient });
  const ping = () => world.machine().run('ping -c 3 -i 0.2 -W 2 10.77.0.1');

  it('that insists on 40 bits gets 40 bits', async () => {
    const log = await (await world.dial({ ...call, pppd: ['require-mppe-40'] })).up();
    assert.equal(log.encryption, 'MPPE 40-bit stateless');
    await ping();
    assert.equal((await world.server.sessions())[0]?.encryption, 'MPPE-40-stateless');
  });

  it('that insists on 128 bits gets 128 bits', async () => {
    const log = await (await world.dial(call)).up();
    assert.equal(log.encryption, 'MPPE 128-bit stateless');
    await ping();
  });

  it('that refuses encryption works without', async () => {
    const log = await (await world.dial({ ...call, pppd: ['nomppe'] })).up();
    assert.equal(log.encryption, undefined);
    await ping();
    assert.equal((await world.server.sessions())[0]?.encryption, 'None');
  });
});
