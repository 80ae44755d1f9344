// `vpn-operator probe` from the home's router against a server in its namespace: what it says when all is well, and at each
// thing that can be wrong.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import type { ProbeReport } from '../../src/probe/report.ts';
import { alice, bob, twoUsers, vpnUser } from '../support/lab/documents.ts';
import { program } from '../support/lab/server.ts';
import { addresses } from '../support/lab/topology.ts';
import { cannotRun, shareWorld } from '../support/lab/world.ts';

const suspended = { name: 'carol', password: 'carol waits', spec: 'suspended: true\n' };
const expired = { name: 'dave', password: 'dave left', spec: 'expiresAt: "2020-01-01T00:00:00Z"\n' };
const documents = { ...twoUsers(), 'carol.yaml': vpnUser(suspended), 'dave.yaml': vpnUser(expired) };

describe('vpn-operator probe', { skip: cannotRun }, () => {
  const world = shareWorld({ documents, machines: 0 });
  let passwordFile = '';

  before(() => {
    passwordFile = join(world.lab.undo.folder(), 'password');
  });

  async function probe(options: { user?: string; password?: string; server?: string; more?: string[] } = {}) {
    const { user = alice.name, password = alice.password, server = addresses.server, more = [] } = options;
    writeFileSync(passwordFile, `${password}\n`);
    const command = [program, 'probe', '--server', server, '--user', user, '--password-file', passwordFile];
    const result = await world.lab.home.attempt([...command, '--timeout', '3s', ...more], {
      timeout: 60_000,
    });
    assert.ok(!result.output.includes(password), 'the password is in the output');
    return result;
  }

  async function report(options: Parameters<typeof probe>[0] = {}): Promise<ProbeReport & { code: number }> {
    const { code, output } = await probe({ ...options, more: [...(options.more ?? []), '--output', 'json'] });
    return { code, ...JSON.parse(output) };
  }

  it('logs in, encrypts, pings the gateway and measures the MTU, with exit code 0', async () => {
    const found = await report();
    assert.equal(found.failure, null);
    assert.equal(found.code, 0);
    assert.equal(found.passed, true);
    assert.ok(found.steps.every(({ status }) => status === 'passed'));
    assert.equal(found.encryption, 'MPPE-128-stateless');
    assert.match(found.address ?? '', /^10\.77\.0\.\d+$/);
    assert.equal(found.gatewayAddress, '10.77.0.1');
    assert.deepEqual(found.dns, ['10.77.0.1', '192.168.80.2']);
    assert.ok((found.loginSeconds ?? 9) < 2, `login took ${found.loginSeconds} s`);
    assert.ok((found.roundTripSeconds?.average ?? 9) < 0.5);
    assert.deepEqual([found.pathMTU, found.tunnelMTU], [1500, 1456]);
  });

  it("works on the server's own host, as `helm test` does", async () => {
    writeFileSync(passwordFile, alice.password);
    const command = [
      program,
      'probe',
      '--server',
      addresses.server,
      '--user',
      'alice',
      '--password-file',
      passwordFile,
    ];
    const { code, output } = await world.lab.server.attempt(command);
    assert.equal(code, 0, output);
  });

  it('tells a person each step with a tick, and the figures', async () => {
    const { code, output } = await probe();
    assert.equal(code, 0, output);
    assert.equal(output.match(/^✓ /gm)?.length, 12, output);
    assert.match(output, /alice can log in to 198\.51\.100\.2: login .* tunnel MTU 1456 bytes \(path 1500\)/);
  });

  it('changes nothing on the host it runs on, and leaves no session on the server', async () => {
    const before = await world.lab.home.run(['sh', '-c', 'ip addr; ip route; ip rule; nft list ruleset']);
    await report();
    const after = await world.lab.home.run(['sh', '-c', 'ip addr; ip route; ip rule; nft list ruleset']);
    assert.equal(after, before);
    await world.server.idle();
  });

  it('finds the MTU of a black hole: 1454 outside, 1410 inside', async () => {
    const narrow = 'chain forward { type filter hook forward priority 0; meta length > 1454 drop; }';
    await world.lab.router.nftTable('conditions', narrow);
    const found = await report();
    assert.deepEqual([found.failure, found.pathMTU, found.tunnelMTU], [null, 1454, 1410]);
  });

  it('passes through 5 % loss', async () => {
    await world.lab.setConditions({ lossPerMille: 50 });
    const found = await report({ more: ['--timeout', '15s'] });
    assert.deepEqual([found.failure, found.pathMTU], [null, 1500]);
  });

  it('says that only our half of GRE is blocked', async () => {
    await world.lab.setConditions({ greFilter: 'toServer' });
    const { code, failure } = await report();
    assert.deepEqual([code, failure?.step, failure?.reason], [1, 'link', 'gre_one_way']);
  });

  for (const greFilter of ['toClient', 'both'] as const) {
    it(`says that GRE does not pass (${greFilter}), and what to open`, async () => {
      await world.lab.setConditions({ greFilter });
      const { code, failure, steps } = await report();
      assert.equal(code, 1);
      assert.deepEqual([failure?.step, failure?.reason], ['gre', 'no_gre']);
      assert.match(failure?.fix ?? '', /IP protocol 47/);
      assert.equal(steps.find(({ name }) => name === 'call')?.status, 'passed');
      assert.equal(steps.find(({ name }) => name === 'login')?.status, 'skipped');
    });
  }

  it('says who turns GRE away', async () => {
    const reject = `chain forward { type filter hook forward priority 0; ip protocol gre reject with icmp type admin-prohibited; }`;
    await world.lab.router.nftTable('conditions', reject);
    const { code, failure } = await report();
    assert.deepEqual([code, failure?.step, failure?.reason], [1, 'gre', 'gre_rejected']);
    assert.match(failure?.message ?? '', /203\.0\.113\.1 says: forbidden by a filter/);
  });

  it('says that this host itself drops GRE', async () => {
    await world.lab.home.nftTable(
      'mine',
      'chain out { type filter hook output priority 0; ip protocol gre drop; }',
    );
    const { code, failure } = await report().finally(() => world.lab.home.nftTable('mine', ''));
    assert.deepEqual([code, failure?.step, failure?.reason], [1, 'gre', 'gre_not_sent']);
    assert.match(failure?.message ?? '', /EPERM/);
  });

  it('says that the password or the name is wrong (691), and the same for both', async () => {
    const wrong = await report({ user: bob.name, password: 'not this one' });
    assert.deepEqual(
      [wrong.code, wrong.failure?.step, wrong.failure?.reason],
      [1, 'login', 'wrong_password'],
    );
    const unknown = await report({ user: 'nobody', password: 'whatever' });
    assert.deepEqual(unknown.failure, wrong.failure);
  });

  it('says that the user is suspended (647) or has expired (648)', async () => {
    const one = await report({ user: suspended.name, password: suspended.password });
    assert.deepEqual([one.code, one.failure?.reason], [1, 'account_disabled']);
    const other = await report({ user: expired.name, password: expired.password });
    assert.deepEqual([other.code, other.failure?.reason], [1, 'account_expired']);
    assert.match(other.failure?.fix ?? '', /spec\.expiresAt/);
  });

  it('tells a closed port, a silent address and a wrong one apart', async () => {
    const closed = await report({ server: '198.51.100.1' });
    assert.deepEqual([closed.code, closed.failure?.reason], [1, 'tcp_refused']);
    await world.lab.router.nftTable(
      'conditions',
      'chain forward { type filter hook forward priority 0; tcp dport 1723 drop; }',
    );
    const silent = await report();
    assert.deepEqual([silent.code, silent.failure?.reason], [1, 'tcp_timeout']);
    await world.lab.router.nftTable('conditions', '');
    await world.lab.router.ip('route add unreachable 192.0.2.0/24');
    const unreachable = await report({ server: '192.0.2.1' });
    assert.deepEqual([unreachable.code, unreachable.failure?.reason], [1, 'tcp_unreachable']);
  });

  it('prints the failed step with a cross and the fix, and skips the rest', async () => {
    const { code, output } = await probe({ password: 'not this one' });
    assert.equal(code, 1);
    assert.match(output, /^✗ log in \(MS-CHAPv2\)/m);
    assert.match(output, /^- encrypt \(MPPE\)$/m);
    assert.match(output, /^Failed: wrong user name or password \(error 691\)\.\nFix: check spec\.username/m);
  });

  it('asks for CAP_NET_RAW in plain words where it lacks it', async () => {
    writeFileSync(passwordFile, alice.password);
    const command = [
      program,
      'probe',
      '--server',
      addresses.server,
      '--user',
      'alice',
      '--password-file',
      passwordFile,
    ];
    const { code, output } = await world.lab.home.attempt([
      'setpriv',
      '--bounding-set=-net_raw',
      '--inh-caps=-net_raw',
      ...command,
    ]);
    assert.equal(code, 1);
    assert.match(output, /^✗ open a raw GRE socket/m);
    assert.match(output, /^Fix: run as root, or with CAP_NET_RAW/m);
  });
});
