// An installation in use: `helm test` logs in, the API server and etcd go away for a while, and nobody who is connected
// notices; who dials meanwhile gets in.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { chart, releaseNamespace } from '../support/helm/render.ts';
import type { Cluster } from '../support/kubernetes/cluster.ts';
import { usersInForce } from '../support/kubernetes/gateway-log.ts';
import {
  applyObjects,
  cannotInstall,
  helm,
  type Installation,
  startInstallation,
  vpnNamespace,
} from '../support/kubernetes/installation.ts';
import type { Session } from '../support/kubernetes/login-client.ts';
import { type Connection, dial } from '../support/lab/client.ts';
import { password, vpnServer, vpnUser } from '../support/operator/operator-documents.ts';

const second = 1_000;
const sleep = (time: number) => new Promise((done) => setTimeout(done, time));
const words = 'correct horse';

describe('an installation in use', { skip: cannotInstall(), timeout: 500 * second }, () => {
  let installation: Installation;
  let cluster: Cluster;

  before(async () => {
    installation = await startInstallation();
    cluster = installation.cluster;
    const users = ['alice', 'bob', 'carol'].flatMap((name) => [vpnUser(name), password(name, words)]);
    await applyObjects(cluster, vpnServer('office'), ...users);
    await kubectl('wait', 'vpns/office', '--for=condition=Ready', '--timeout=60s');
    await kubectl('wait', 'vpns/office', '--for=condition=UsersSynced', '--timeout=20s');
  });
  after(() => installation?.close());

  const kubectl = (...args: string[]) => cluster.kubectl.run([...args, '-n', vpnNamespace]);
  const node = () => cluster.nodes[1] ?? assert.fail('no second node');
  async function enter(user: string): Promise<Session> {
    const session = await installation.client.attempt(node().address, user, words);
    if (typeof session === 'string') assert.fail(`${user} is not let in: ${session}`);
    return session;
  }

  async function online(user: string, index: 0 | 1): Promise<Connection> {
    const call = { server: node().address, user, password: words };
    const connection = await dial(installation.machines[index], call);
    await connection.up();
    return connection;
  }

  /**
   * Sends a ping every 50 ms while `deed` is done. Those still under way at the end are not counted.
   * @returns how many were sent up to the last one that was answered, and how many of these were answered
   */
  async function pingsDuring(connection: Connection, deed: () => Promise<void>): Promise<[number, number]> {
    const { machine, device } = connection;
    await machine.run(`(exec ping -i 0.05 -I ${device} 10.77.0.1 >/run/pings) & echo $! >/run/pings.pid`);
    await deed();
    const ping = '$(cat /run/pings.pid)';
    await machine.run(`kill -INT ${ping}; while kill -0 ${ping} 2>/dev/null; do sleep 0.1; done`);
    const log = await machine.run('cat /run/pings');
    const answered = new Set([...log.matchAll(/icmp_seq=(\d+) ttl=/g)].map(([, number]) => Number(number)));
    return [Math.max(0, ...answered), answered.size];
  }

  /** Containers that were started again, with their number of restarts. */
  async function restarts(): Promise<string> {
    const path = '{range .items[*]}{.metadata.name} {.status.containerStatuses[*].restartCount}{"\\n"}{end}';
    const label = 'app.kubernetes.io/name=vpn-operator,app.kubernetes.io/component!=test';
    const lines = await cluster.kubectl.run(['get', 'pods', '-A', '-l', label, '-o', `jsonpath=${path}`]);
    return lines
      .split('\n')
      .filter((line) => line !== '' && !line.endsWith(' 0'))
      .join();
  }

  const testValues = (user: string, secret: string) => ({
    test: { namespace: vpnNamespace, user, passwordSecretRef: { name: secret } },
  });
  const upgrade = (values: object) =>
    helm(cluster, ['upgrade', 'vpn-operator', chart, '--reuse-values'], { ...values });

  it('passes helm test, which logs in by PPTP through a gateway', async () => {
    await upgrade(testValues('alice', 'alice'));
    assert.match(await helm(cluster, ['test', 'vpn-operator', '--timeout', '60s']), /Phase: +Succeeded/);
    const output = await kubectl('logs', 'vpn-operator-test-login');
    assert.match(output, /log in \(MS-CHAPv2\)/);
    assert.match(output, /ping the gateway through the tunnel/);
  });

  it('fails helm test with the reason and the fix when the password is wrong', async () => {
    await applyObjects(cluster, password('mistaken', 'battery staple'));
    await upgrade(testValues('alice', 'mistaken'));
    await assert.rejects(helm(cluster, ['test', 'vpn-operator', '--timeout', '60s']));
    const log = await kubectl('logs', 'vpn-operator-test-login');
    assert.match(log, /wrong user name or password \(error 691\)/);
  });

  it('loses no packet while etcd is away or hangs, and takes up its work afterwards', async () => {
    const connection = await online('alice', 0);
    const { etcd } = cluster.controlPlane;
    const [sent, answered] = await pingsDuring(connection, async () => {
      await etcd.stop('SIGKILL');
      await sleep(10 * second);
      const carol = await enter('carol');
      carol.hangUp();
      etcd.start();
      await cluster.controlPlane.ready();
      etcd.pause();
      await sleep(10 * second);
      etcd.resume();
      await cluster.controlPlane.ready();
    });
    assert.equal(answered, sent);
    const began = Date.now();
    await applyObjects(cluster, vpnUser('erin'), password('erin', words));
    await usersInForce(node(), 4, began, 60 * second);
    await enter('erin');
    console.log(`after etcd's outage a new user is in after ${(Date.now() - began) / second} s`);
    assert.equal(await restarts(), '');
    await connection.hangUp();
  });

  it('loses no packet of a session in a minute without the API server, and lets others in meanwhile', async () => {
    const connection = await online('alice', 0);
    const { apiServer } = cluster.controlPlane;
    const [sent, answered] = await pingsDuring(connection, async () => {
      await apiServer.stop('SIGKILL');
      await sleep(30 * second);
      const bob = await online('bob', 1);
      await sleep(30 * second);
      apiServer.start();
      await cluster.controlPlane.ready();
      await bob.hangUp();
    });
    console.log(`60 s without the API server: ${sent} packets sent, ${answered} answered`);
    assert.ok(sent > 800, `${sent} packets`);
    assert.equal(answered, sent);
    await connection.hangUp();
  });

  it('takes up its work when the API server is back, and restarted nothing', async () => {
    const began = Date.now();
    await applyObjects(cluster, vpnUser('dora'), password('dora', words));
    // The kubelet asks a server that was away ever more rarely: it may need a minute to see what is new.
    await usersInForce(node(), 5, began, 150 * second);
    const session = await enter('dora');
    console.log(`after the outage a new user is in after ${(session.at - began) / second} s`);
    await kubectl('delete', 'vpnuser', 'dora', '--wait=false');
    const { at, reason } = await session.ended;
    console.log(`and out after ${(at - began) / second} s: ${reason}`);
    await kubectl('wait', 'vpns/office', '--for=condition=Ready', '--timeout=30s');
    assert.equal(await restarts(), '');
  });

  it('runs under the restricted Pod Security standard', async () => {
    const label = 'pod-security.kubernetes.io/enforce=restricted';
    await cluster.kubectl.run(['label', 'namespace', releaseNamespace, label]);
    await cluster.kubectl.run(['rollout', 'restart', 'deployment/vpn-operator', '-n', releaseNamespace]);
    const status = ['rollout', 'status', 'deployment/vpn-operator', '-n', releaseNamespace, '--timeout=60s'];
    await cluster.kubectl.run(status, { timeout: 70 * second });
  });
});
