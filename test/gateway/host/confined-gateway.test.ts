// A gateway that gave up root: what it can still change does not end it, whatever the kernel says; what it cannot change ends it
// politely, so that it is started anew.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { enterNewNamespace, run, skip } from '../../../packages/node-tun/test/support/namespace.ts';
import { encodeGatewayFiles } from '../../../src/api/gateway-files.ts';
import type { GatewayStatus } from '../../../src/api/gateway-status.ts';
import { eventually } from '../../support/lab/commands.ts';
import { serverObject } from '../../support/operator/objects.ts';

const main = resolve(import.meta.dirname, '../../../src/cli/main.ts');
const user = 65532;

describe('a gateway that gave up root', { skip }, () => {
  if (skip) return;
  let folder: string;
  let gateway: ChildProcess;

  before(async () => {
    enterNewNamespace();
    folder = mkdtempSync(join(tmpdir(), 'confined-gateway-'));
    chmodSync(folder, 0o755);
    for (const [name, mode] of Object.entries({ config: 0o755, state: 0o777, bin: 0o755 })) {
      mkdirSync(join(folder, name));
      chmodSync(join(folder, name), mode);
    }
    const nft = run('command -v nft').trim();
    const wrapper = `#!/bin/sh\n[ -e ${folder}/broken ] && { echo 'Error: refused by a test' >&2; exit 1; }\nexec ${nft} "$@"\n`;
    writeFileSync(join(folder, 'bin/nft'), wrapper, { mode: 0o755 });
    write({});
    gateway = spawn(
      process.execPath,
      [
        ...[main, 'gateway', `--config-dir=${folder}/config`, `--state-dir=${folder}/state`],
        ...[`--run-as=${user}`, '--node=n1'],
      ],
      { env: { ...process.env, PATH: `${folder}/bin:${process.env['PATH']}` }, stdio: 'ignore' },
    );
    await eventually('the start', 20_000, async () => ((await status())?.ready ? true : undefined));
  });
  after(() => {
    gateway?.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  function write(change: { destinations?: string[]; listenAddresses?: string[] }): void {
    const { destinations: allowedDestinations = ['0.0.0.0/0'], listenAddresses = [] } = change;
    const { spec } = serverObject('office', { listenAddresses, routing: { allowedDestinations } });
    const { config, users } = encodeGatewayFiles({
      config: {
        server: { namespace: 'vpn', name: 'office' },
        spec: { ...spec, gatewayAddress: '10.77.0.1' },
        ...{ protectedDestinations: [], users: [] },
      },
      ...{ slices: { n1: ['10.77.0.0/24'] }, releasing: [] },
    });
    for (const [shard, text] of users.entries())
      writeFileSync(join(folder, `config/users-${shard}.json`), text);
    writeFileSync(join(folder, 'config/config.json'), config);
  }

  async function status(): Promise<GatewayStatus | undefined> {
    const response = await fetch('http://127.0.0.1:9723/v1/status').catch(() => undefined);
    return (await response?.json()) as GatewayStatus | undefined;
  }

  it('is an ordinary user', async () => {
    await eventually('another user', 5_000, () =>
      /^Uid:\s+65532\s+65532/m.test(readFileSync(`/proc/${gateway.pid}/status`, 'utf8')) ? true : undefined,
    );
  });

  it('goes on when the kernel refuses a change, says so, and makes it when it can', async () => {
    writeFileSync(join(folder, 'broken'), '');
    write({ destinations: ['192.0.2.0/24'] });
    const refused = await eventually('the refusal', 10_000, async () => {
      const [problem] = (await status())?.problems ?? [];
      return problem;
    });
    assert.equal(refused.reason, 'NetworkRefused');
    await new Promise((done) => setTimeout(done, 1_000));
    assert.equal(gateway.exitCode, null);
    rmSync(join(folder, 'broken'));
    await eventually('the change', 15_000, async () =>
      (await status())?.problems.length === 0 && run('nft list ruleset').includes('192.0.2.0/24')
        ? true
        : undefined,
    );
  });

  it('ends in order for a change that needs a new socket, and leaves nothing behind', async () => {
    write({ listenAddresses: ['127.0.0.1'] });
    await eventually('the end', 15_000, () => (gateway.exitCode === null ? undefined : true));
    assert.equal(gateway.exitCode, 0);
    assert.doesNotMatch(run('ip -o link; nft list ruleset'), /vpn-/);
  });
});
