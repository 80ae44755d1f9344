// The operator dies at any write, before it is sent or after it was answered: the next one makes the same of it. And when
// the leader dies, the other one leads within seconds.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { cannotRunApi, givenKubeconfig } from '../support/kubernetes/programs.ts';
import { eventually } from '../support/lab/commands.ts';
import { OperatorProcess } from '../support/operator/operator-child.ts';
import { password, vpnServer, vpnUser } from '../support/operator/operator-documents.ts';
import { OperatorLab } from '../support/operator/operator-lab.ts';

const skip = givenKubeconfig() ? 'needs an API server of its own' : cannotRunApi();

describe('an interrupted operator', { skip }, () => {
  let lab: OperatorLab;

  before(async () => {
    lab = await OperatorLab.start();
    await lab.addNode('node2', '127.0.1.2');
  });
  after(() => lab?.close());

  const selector = ['-n', 'vpn', '-l', 'app.kubernetes.io/managed-by=vpn-operator'];
  const kinds = 'daemonset,serviceaccount,secret,poddisruptionbudget';

  /** Everything that it made, apart from what differs from time to time by its nature. */
  async function picture(): Promise<string | undefined> {
    const owned = await lab.kubectl.json<{ items: Made[] }>(['get', kinds, ...selector]);
    const statuses = await lab.kubectl.json<{ items: Reported[] }>(['get', 'vpns,vpnu', '-n', 'vpn']);
    const objects = owned.items.map(({ kind, metadata, spec, data }) => [
      kind,
      metadata.name,
      spec,
      stable(metadata.name, data),
    ]);
    const reports = statuses.items.map(({ metadata, status }) => [
      metadata.name,
      status?.conditions?.map(({ type, status: state, reason, message }) => [type, state, reason, message]),
    ]);
    if (reports.some(([, conditions]) => conditions === undefined)) return undefined;
    return JSON.stringify([objects, reports]);
  }

  async function create(): Promise<void> {
    const { passwordSecretRef: _, ...spec } = (vpnUser('bob') as { spec: Record<string, unknown> }).spec;
    await lab.apply(vpnServer('office'), vpnUser('alice'), password('alice', 'correct horse'), {
      ...vpnUser('bob'),
      spec,
    });
  }

  /** There is no garbage collector here. */
  async function remove(): Promise<void> {
    await lab.kubectl.run([
      'delete',
      'vpns,vpnu,daemonset,secret,poddisruptionbudget,events',
      '--all',
      '-n',
      'vpn',
    ]);
    await lab.kubectl.run(['delete', 'serviceaccount', ...selector]);
  }

  /** The picture that is left when it has nothing more to do. */
  async function settled(operator: OperatorProcess): Promise<string> {
    await eventually('a first write', 20_000, () =>
      operator.lines.some(({ write }) => write === 'after') ? true : undefined,
    );
    await operator.quiet();
    return (await picture()) ?? assert.fail('somebody has no status');
  }

  async function untilPicture(expected: string): Promise<void> {
    await eventually('the same picture', 10_000, async () =>
      (await picture()) === expected ? true : undefined,
    );
  }

  it('leaves nothing behind that the next one cannot finish, wherever it dies', {
    timeout: 600_000,
  }, async () => {
    await create();
    const calm = new OperatorProcess(lab.plane.kubeconfig(), 'always');
    const expected = await settled(calm);
    await calm.kill('SIGTERM');
    const writes = calm.lines
      .filter(({ write }) => write === 'after')
      .map(({ method, path }) => `${method} ${path}`);
    await remove();
    assert.ok(writes.length >= 10, writes.join('\n'));
    for (let count = 1; count <= writes.length; count++) {
      for (const moment of ['before', 'after'] as const) {
        await create();
        const doomed = new OperatorProcess(lab.plane.kubeconfig(), 'always', moment, String(count));
        const timer = setTimeout(() => doomed.child.kill('SIGTERM'), 8_000);
        await doomed.ended;
        clearTimeout(timer);
        const next = new OperatorProcess(lab.plane.kubeconfig(), 'always');
        await untilPicture(expected).catch(async (error: Error) => {
          throw new Error(`${moment} write ${count}: ${error.message}\n${expected}\n${await picture()}`);
        });
        await next.kill('SIGKILL');
        await remove();
      }
    }
  });

  it('is replaced within 6 s when it is killed, and within a second when it is told to stop', {
    timeout: 120_000,
  }, async () => {
    const times: string[] = [];
    let leader = new OperatorProcess(lab.plane.kubeconfig(), 'elected');
    await eventually('the first leader', 15_000, () => (leader.isLeading ? true : undefined));
    for (const [signal, limit] of [
      ['SIGKILL', 6_000],
      ['SIGTERM', 1_000],
      ['SIGKILL', 6_000],
    ] as const) {
      const other = new OperatorProcess(lab.plane.kubeconfig(), 'elected');
      await eventually('a candidate', 20_000, () => (other.isCandidate ? true : undefined));
      await new Promise((done) => setTimeout(done, 2_000));
      assert.equal(other.isLeading, false);
      const began = Date.now();
      leader.child.kill(signal);
      const time = (await eventually('the other leads', 10_000, () => other.leadsSince)) - began;
      times.push(`${signal} ${Math.round(time)} ms`);
      assert.ok(time <= limit + 100, times.join(', '));
      await leader.ended;
      leader = other;
    }
    console.log(`failover: ${times.join(', ')}`);
    await leader.kill('SIGTERM');
  });

  it('writes nothing any more when it was stopped for longer than its Lease', {
    timeout: 60_000,
  }, async () => {
    await create();
    const frozen = new OperatorProcess(lab.plane.kubeconfig(), 'elected');
    await eventually('the leader', 15_000, () => (frozen.isLeading ? true : undefined));
    await settled(frozen);
    frozen.child.kill('SIGSTOP');
    const other = new OperatorProcess(lab.plane.kubeconfig(), 'elected');
    await eventually('the other leads', 10_000, () => (other.isLeading ? true : undefined));
    await lab.apply(vpnUser('carol'), password('carol', 'a third one'));
    const before = frozen.lines.length;
    frozen.child.kill('SIGCONT');
    await new Promise((done) => setTimeout(done, 3_000));
    assert.deepEqual(
      frozen.lines.slice(before).filter(({ write }) => write !== undefined),
      [],
    );
    await frozen.kill('SIGKILL');
    await other.kill('SIGTERM');
  });
});

interface Made {
  kind: string;
  metadata: { name: string };
  spec?: object;
  data?: Record<string, string>;
}

interface Reported {
  metadata: { name: string };
  status?: { conditions?: { type: string; status: string; reason: string; message: string }[] };
}

/** Generated passwords and tokens differ, and what follows from them. */
function stable(name: string, data: Record<string, string> = {}): object {
  if (name === 'bob-vpn' || name.endsWith('metrics-token')) return Object.keys(data);
  const text = (value: string) => Buffer.from(value, 'base64').toString();
  return Object.entries(data).map(([key, value]) => [
    key,
    text(value)
      .replace(/"name":"bob"(.*?)"ntHash":"[0-9a-f]{32}"/, '"name":"bob"$1"ntHash":""')
      .replace(/"users":\[[^\]]*\]\}$/, ''),
  ]);
}
