import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { skip } from './support/namespace.ts';

interface Report {
  [key: string]: unknown;
}

/** Runs a script in a process and network namespace of its own; `report` is what it prints as JSON. */
function inNewProcess(script: string): Report {
  const url = new URL('../src/node-tun.ts', import.meta.url);
  const prelude = `
    import { spawnSync } from 'node:child_process';
    import { readdirSync, readFileSync } from 'node:fs';
    import * as tun from '${url}';
    const memory = new ArrayBuffer(4096);
    const attempt = (action) => { try { action(); return 'done'; } catch (error) { return error.code ?? error.message; } };
    const field = (name, thread) => new RegExp('^' + name + ':\\\\s+(\\\\S+)', 'm').exec(readFileSync('/proc/self/task/' + thread + '/status', 'utf8'))[1];
    const everywhere = (name) => [...new Set(readdirSync('/proc/self/task').map((thread) => field(name, thread)))];
    const report = {};`;
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    [
      '--net',
      process.execPath,
      '--input-type=module',
      '-e',
      `${prelude}\n${script}\nconsole.log(JSON.stringify(report));`,
    ],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

const none = '0'.repeat(16);
const netAdmin = (1 << 12).toString(16).padStart(16, '0');

describe('confinement', { skip }, () => {
  it('leaves no thread a capability in force, and only the main thread one that may be raised', () => {
    const report = inNewProcess(`
      await tun.confineTo({ uid: 65532, gid: 65532 });
      report.users = everywhere('Uid');
      report.effective = everywhere('CapEff');
      report.main = field('CapPrm', process.pid);
      report.others = [...new Set(readdirSync('/proc/self/task').filter((thread) => thread !== String(process.pid)).map((thread) => field('CapPrm', thread)))];
      report.groups = process.getgroups();`);
    assert.deepEqual(report, {
      users: ['65532'],
      effective: [none],
      main: netAdmin,
      others: [none],
      groups: [65532],
    });
  });

  it('keeps what is open usable and lets nothing new be opened', () => {
    const report = inNewProcess(`
      const device = tun.openTun({ name: 'kept0', memory });
      const gre = tun.openGreSocket({ memory });
      const empty = { capacity: 0, count: 0, offsets: [], lengths: [], addresses: [], errnos: [], slotSize: 0 };
      await tun.confineTo({ uid: 65532, gid: 65532 });
      gre.receive(empty);
      report.open = [device.read(empty), device.readErrno, gre.receiveErrno];
      report.gre = attempt(() => tun.openGreSocket({ memory }));
      report.raised = attempt(() => tun.withNetworkAdministration(() => tun.openGreSocket({ memory })));`);
    assert.deepEqual(report, { open: [0, 0, 0], gre: 'EPERM', raised: 'EPERM' });
  });

  it('allows changes to the network only inside withNetworkAdministration, to us and to programs we start', () => {
    const report = inNewProcess(`
      const netlink = tun.openNetlink();
      const { index } = netlink.links().find(({ name }) => name === 'lo');
      await tun.confineTo({ uid: 65532, gid: 65532 });
      const change = () => netlink.changeLink(index, { state: 'up' });
      const nft = () => spawnSync('nft', ['add table inet confined'], { stdio: 'ignore' }).status === 0;
      report.before = [attempt(change), nft()];
      report.inside = tun.withNetworkAdministration(() => [attempt(change), nft()]);
      report.after = [attempt(change), nft()];
      report.effective = everywhere('CapEff');`);
    assert.deepEqual(report, {
      before: ['EPERM', false],
      inside: ['done', true],
      after: ['EPERM', false],
      effective: [none],
    });
  });

  it('makes a TUN anew from a descriptor that was reserved', () => {
    const report = inNewProcess(`
      tun.reserveTuns(1);
      await tun.confineTo({ uid: 65532, gid: 65532 });
      const open = () => tun.withNetworkAdministration(() => attempt(() => tun.openTun({ name: 'again%d', memory })));
      report.first = open();
      report.before = attempt(() => tun.openTun({ name: 'never0', memory }));`);
    assert.equal(report['first'], 'done');
    assert.match(String(report['before']), /^E(PERM|ACCES)$/);
  });

  it('lowers the capability again whatever the action throws, and only after the outermost action', () => {
    const report = inNewProcess(`
      await tun.confineTo({ uid: 65532, gid: 65532 });
      report.thrown = attempt(() => tun.withNetworkAdministration(() => { throw new Error('as thrown'); }));
      tun.withNetworkAdministration(() => {
        tun.withNetworkAdministration(() => {});
        report.outer = field('CapEff', process.pid);
      });
      report.after = everywhere('CapEff');`);
    assert.deepEqual(report, { thrown: 'as thrown', outer: netAdmin, after: [none] });
  });

  it('is nothing to a process that was not confined', () => {
    const report = inNewProcess(`
      report.result = tun.withNetworkAdministration(() => 7);
      report.confined = tun.isConfined();`);
    assert.deepEqual(report, { result: 7, confined: false });
  });
});
