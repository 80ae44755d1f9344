// What the operator makes of a VpnServer and its users on a real API server, and that it neither tires nor fidgets.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { cannotRunApi, givenKubeconfig } from '../support/kubernetes/programs.ts';
import { eventually } from '../support/lab/commands.ts';
import { password, vpnServer, vpnUser } from '../support/operator/operator-documents.ts';
import { OperatorLab, type Writes } from '../support/operator/operator-lab.ts';

const skip = givenKubeconfig() ? 'needs an API server of its own' : cannotRunApi();

interface Owned {
  metadata: {
    ownerReferences?: { kind: string; name: string; controller: boolean }[];
    labels: Record<string, string>;
  };
  data?: Record<string, string>;
  spec?: {
    template?: { spec?: { containers: { image: string }[]; hostPID?: boolean } };
    minAvailable?: number;
  };
}

describe('the objects of a VpnServer', { skip }, () => {
  let lab: OperatorLab;
  let writes: Writes;

  before(async () => {
    lab = await OperatorLab.start();
    writes = lab.startOperator().writes;
    await lab.apply(
      vpnServer('office'),
      vpnUser('alice', { address: '10.77.0.10' }),
      password('alice', 'correct horse'),
    );
  });
  after(() => lab?.close());

  const made = ['daemonset/office-vpn-gateway', 'serviceaccount/office-vpn-gateway'].concat(
    ['config', 'users', 'metrics-token'].map((part) => `secret/office-vpn-${part}`),
  );
  const get = (reference: string) => lab.get<Owned>(...(reference.split('/') as [string, string]));
  const present = (reference: string) => eventually(reference, 10_000, () => get(reference));

  it('are made within moments, and belong to it', async () => {
    for (const reference of made) {
      const { metadata } = await present(reference);
      assert.deepEqual(
        metadata.ownerReferences?.map(({ kind, name, controller }) => ({ kind, name, controller })),
        [{ kind: 'VpnServer', name: 'office', controller: true }],
        reference,
      );
      assert.equal(metadata.labels['app.kubernetes.io/instance'], 'office');
    }
  });

  it('hold NT hashes and no password', async () => {
    const { data = {} } = await present('secret/office-vpn-users');
    const text = Buffer.from(data['users.json'] ?? '', 'base64').toString();
    assert.match(text, /"name":"alice".*"ntHash":"[0-9a-f]{32}"/);
    assert.doesNotMatch(text, /correct horse/);
  });

  it('come back when somebody deletes them', async () => {
    for (const reference of made) {
      const before = JSON.stringify((await present(reference)).metadata);
      await lab.kubectl.run(['delete', reference, '-n', 'vpn']);
      await eventually(`${reference} again`, 10_000, async () => {
        const now = await get(reference);
        return now !== undefined && JSON.stringify(now.metadata) !== before ? true : undefined;
      });
    }
  });

  it('are repaired when somebody edits them, whatever was added', async () => {
    const patch = [
      { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'evil' },
      { op: 'add', path: '/spec/template/spec/containers/1', value: { name: 'evil', image: 'evil' } },
      { op: 'add', path: '/spec/template/spec/hostPID', value: true },
    ];
    const target = [
      'daemonset',
      'office-vpn-gateway',
      '-n',
      'vpn',
      '--type=json',
      '-p',
      JSON.stringify(patch),
    ];
    await lab.kubectl.run(['patch', ...target]);
    await eventually('the DaemonSet as it was', 10_000, async () => {
      const { containers = [], hostPID = false } =
        (await get('daemonset/office-vpn-gateway'))?.spec?.template?.spec ?? {};
      return containers.length === 1 && containers[0]?.image === 'vpn-operator:dev' && !hostPID
        ? true
        : undefined;
    });
    const secret = [
      'secret',
      'office-vpn-config',
      '-n',
      'vpn',
      '--type=merge',
      '-p',
      '{"data":{"config.json":"e30="}}',
    ];
    await lab.kubectl.run(['patch', ...secret]);
    await eventually('the configuration as it was', 10_000, async () => {
      const text = (await get('secret/office-vpn-config'))?.data?.['config.json'];
      return text === 'e30=' ? undefined : text;
    });
  });

  it('cost no write at rest, also after a restart of the operator', async () => {
    await lab.untilQuiet(writes);
    const second = lab.startOperator();
    await eventually('the second operator', 10_000, () =>
      second.operator.unready() === undefined ? true : undefined,
    );
    await new Promise((done) => setTimeout(done, 4_000));
    assert.deepEqual(second.writes.done, []);
    await second.close();
  });

  it('include a PodDisruptionBudget only when there is more than one gateway', async () => {
    assert.equal(await get('poddisruptionbudget/office-vpn-gateway'), undefined);
    await lab.addNode('node2', '127.0.1.2');
    const { spec } = await present('poddisruptionbudget/office-vpn-gateway');
    assert.equal(spec?.minAvailable, 1);
    await lab.kubectl.run(['delete', 'node', 'node2']);
    await eventually('no budget', 10_000, async () =>
      (await get('poddisruptionbudget/office-vpn-gateway')) === undefined ? true : undefined,
    );
  });
});
