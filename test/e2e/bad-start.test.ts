// What `vpn-operator local` says when it cannot start: one line with the fix, the right exit code, no stack trace, and
// nothing left in the kernel.
import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { tunName } from '../../src/gateway/host/tun-device.ts';
import { startProgram } from '../support/lab/commands.ts';
import { twoUsers } from '../support/lab/documents.ts';
import { makeNamespace, type Namespace } from '../support/lab/namespaces.ts';
import { residue, type Snapshot, snapshotNamespace } from '../support/lab/residue.ts';
import { program } from '../support/lab/server.ts';
import { Undo } from '../support/lab/undo.ts';
import { cannotRun } from '../support/lab/world.ts';

describe('a server that cannot start', { skip: cannotRun }, () => {
  const undo = new Undo();
  let host: Namespace;
  let untouched: Snapshot;
  let folder = '';

  before(async () => {
    host = await makeNamespace(undo, 'host');
    folder = undo.folder();
    for (const [file, text] of Object.entries(twoUsers())) writeFileSync(join(folder, file), text);
    chmodSync(folder, 0o755);
    untouched = await snapshotNamespace(host);
  });
  after(() => undo.now());

  /** Starts it and returns what it said on the way to its end, without the lines of its log. */
  async function start(options: { file?: string; through?: string[] } = {}) {
    const command = [program, 'local', '-f', options.file ?? folder, '--state-dir', undo.folder()];
    const whole = [...(options.through ?? []), ...command];
    const { code, output } = await host.attempt(whole, { timeout: 15_000 });
    assert.doesNotMatch(output, /^\s+at |node:internal/m, 'a stack trace');
    return {
      code,
      lines: output.split('\n').filter((line) => line !== '' && !line.startsWith('{')),
    };
  }

  async function leavesNothing(): Promise<void> {
    assert.deepEqual(residue(untouched, await snapshotNamespace(host)), []);
  }

  async function whileListening(port: number, action: () => Promise<void>): Promise<void> {
    const script = `require('net').createServer().listen(${port}, '0.0.0.0', () => console.log('ready'))`;
    const child = startProgram(host.enter([process.execPath, '-e', script]), {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await new Promise((resolve) => child.stdout?.once('data', resolve));
      await action();
    } finally {
      child.kill('SIGKILL');
    }
  }

  it('port 1723 is taken: exit 1, one line that says how to find by whom', async () => {
    await whileListening(1723, async () => {
      const { code, lines } = await start();
      assert.equal(code, 1);
      assert.equal(lines.length, 1, lines.join('\n'));
      assert.match(lines[0] ?? '', /^vpn-operator: TCP 0\.0\.0\.0:1723 is taken .*ss -ltnp/);
      await leavesNothing();
    });
  });

  it('the HTTP port is taken: exit 1, one line with the option', async () => {
    await whileListening(9723, async () => {
      const { code, lines } = await start();
      assert.equal(code, 1);
      assert.equal(lines.length, 1, lines.join('\n'));
      assert.match(lines[0] ?? '', /^vpn-operator: .*9723.*--http-address/);
      await leavesNothing();
    });
  });

  it('interfaces have both names that the TUN could have: exit 1, one line', async () => {
    const other = tunName({ namespace: 'vpn', name: 'office' }, new Set(['vpn-office']));
    await host.ip(`link add vpn-office type veth peer name ${other}`);
    const { code, lines } = await start();
    await host.ip('link del vpn-office');
    assert.equal(code, 1);
    assert.equal(lines.length, 1, lines.join('\n'));
    assert.match(lines[0] ?? '', /^vpn-operator: .*vpn-office/);
    await leavesNothing();
  });

  it('without NET_ADMIN, and without root: exit 1, one line that says what is missing', async () => {
    const withoutAdmin = ['setpriv', '--bounding-set=-net_admin', '--inh-caps=-net_admin'];
    const nobody = [
      'setpriv',
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      '--inh-caps=-all',
      '--bounding-set=-all',
    ];
    for (const through of [withoutAdmin, nobody]) {
      const { code, lines } = await start({ through });
      assert.equal(code, 1);
      assert.equal(lines.length, 1, lines.join('\n'));
      assert.match(lines[0] ?? '', /run as root|CAP_NET/);
      await leavesNothing();
    }
  });

  it('a file that is not there, or is empty: exit 2, one line', async () => {
    const empty = undo.folder();
    for (const file of [join(folder, 'absent.yaml'), empty]) {
      const { code, lines } = await start({ file });
      assert.equal(code, 2);
      assert.equal(lines.length, 1, lines.join('\n'));
      assert.ok(lines[0]?.includes(file));
    }
  });

  it('every fault of all files at once, each with its place: exit 2', async () => {
    const bad = undo.folder();
    writeFileSync(
      join(bad, 'a.yaml'),
      twoUsers('mtu: {mode: Fixed, value: 9000}\nnonsense: 1')['office.yaml'] ?? '',
    );
    writeFileSync(join(bad, 'b.yaml'), 'apiVersion: v1\nkind: Teapot\nmetadata: {name: x}\n');
    const { code, lines } = await start({ file: bad });
    assert.equal(code, 2);
    for (const word of [/a\.yaml:\d+.*9000/, /a\.yaml:\d+.*nonsense/, /b\.yaml:\d+.*Teapot/])
      assert.ok(
        lines.some((line) => word.test(line)),
        `${word} in:\n${lines.join('\n')}`,
      );
    await leavesNothing();
  });
});
