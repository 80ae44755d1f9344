import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { GatewayConfig } from '../../src/api/gateway-config.ts';
import { encodeGatewayFiles, type GatewayFiles } from '../../src/api/gateway-files.ts';
import { FileConfiguration } from '../../src/gateway/file-configuration.ts';
import { startProblem } from '../../src/gateway/start-problem.ts';
import { createLog } from '../../src/process/log.ts';
import { eventually } from '../support/lab/commands.ts';
import { serverObject } from '../support/operator/objects.ts';

const spec = { ...serverObject('office').spec, gatewayAddress: '10.77.0.1' };
const config: GatewayConfig = {
  server: { namespace: 'vpn', name: 'office' },
  spec,
  protectedDestinations: [],
  users: [],
};
const files = (dns: string[], slices = { n1: ['10.77.0.0/24'] }) =>
  encodeGatewayFiles({ config: { ...config, spec: { ...spec, dns } }, slices, releasing: [] });

describe('the configuration from files', () => {
  let folder: string;
  let applied: (string | undefined)[];
  let refuse: Error | undefined;
  let configuration: FileConfiguration;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-files-'));
    applied = [];
    refuse = undefined;
    configuration = new FileConfiguration({
      folder,
      node: 'n1',
      log: createLog({ level: 'silent' }),
      apply: async ([first]) => {
        if (refuse) throw refuse;
        applied.push(first?.spec.dns[0]);
      },
    });
  });
  afterEach(() => {
    configuration.close();
    rmSync(folder, { recursive: true });
  });

  function write({ config: text, users }: GatewayFiles): void {
    for (const [shard, content] of users.entries())
      writeFileSync(join(folder, `users-${shard}.json`), content);
    writeFileSync(join(folder, 'config.json'), text);
  }

  it('is brought into force, and its hash reported', async () => {
    assert.match(configuration.unready() ?? '', /no configuration/);
    const first = files(['10.0.0.1']);
    write(first);
    await configuration.load();
    assert.deepEqual([applied, configuration.hash, configuration.problems], [['10.0.0.1'], first.hash, []]);
    assert.equal(configuration.unready(), undefined);
  });

  it('stays as it was when a file is bad, and says so until it is good again', async () => {
    const first = files(['10.0.0.1']);
    write(first);
    await configuration.load();
    writeFileSync(join(folder, 'config.json'), first.config.slice(0, 50));
    await configuration.load();
    assert.equal(configuration.hash, first.hash);
    assert.match(
      configuration.problems[0]?.message ?? '',
      /config\.json: is no JSON.*the last good configuration stays in force/,
    );
    write(files(['10.0.0.2']));
    await configuration.load();
    assert.deepEqual([applied, configuration.problems], [['10.0.0.1', '10.0.0.2'], []]);
  });

  it('waits for the rest when only some files are new', async () => {
    const first = files(['10.0.0.1']);
    write(first);
    await configuration.load();
    writeFileSync(join(folder, 'users-0.json'), '[ ]');
    await configuration.load();
    assert.deepEqual([configuration.hash, configuration.problems], [first.hash, []]);
  });

  it('tells why it cannot be brought into force, and tries again by itself', async () => {
    write(files(['10.0.0.1']));
    refuse = new Error('TCP 0.0.0.0:1723 is taken by another process');
    await configuration.load();
    assert.deepEqual([configuration.hash, configuration.problems[0]?.reason], [null, 'PortTaken']);
    refuse = undefined;
    await eventually('the next try', 10_000, () => (configuration.hash === null ? undefined : 'made'));
    assert.deepEqual([applied, configuration.problems], [['10.0.0.1'], []]);
  });

  it('says that a node without a slice has to wait', async () => {
    write(files([], { n1: [] }));
    await configuration.load();
    assert.equal(configuration.problems[0]?.reason, 'NoAddressSlice');
  });
});

describe('the reason why a gateway cannot start', () => {
  it('is found in the messages of our own parts', () => {
    const reasons = {
      'cannot create the TUN device vpn-office: ENOENT from open; load the module tun': 'TunMissing',
      'cannot open the raw GRE socket: EPERM from socket; add the capability NET_RAW': 'GreRefused',
      'TCP 192.0.2.1:1723 is taken by another process; stop it': 'PortTaken',
      'TCP 192.0.2.1:1723: no interface has this address; correct spec.listenAddresses':
        'ListenAddressMissing',
      'nft -f - failed: Operation not permitted': 'NetworkRefused',
      'something else': 'StartFailed',
    };
    for (const [message, reason] of Object.entries(reasons))
      assert.equal(startProblem(new Error(message)).reason, reason, message);
  });
});
