// The whole, with nothing left out: Helm installs the operator on two nodes, kubectl applies a server and its users, real
// Linux clients dial. How long people wait for what they did, what they see, and that nothing stays when it is removed.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Cluster } from '../support/kubernetes/cluster.ts';
import { gatewayLog, usersInForce } from '../support/kubernetes/gateway-log.ts';
import {
  applyObjects,
  cannotInstall,
  helm,
  type Installation,
  startInstallation,
  vpnNamespace,
} from '../support/kubernetes/installation.ts';
import type { Node } from '../support/kubernetes/node.ts';
import { type Connection, dial } from '../support/lab/client.ts';
import { eventually } from '../support/lab/commands.ts';
import type { Machine } from '../support/lab/machine.ts';
import { password, vpnServer, vpnUser } from '../support/operator/operator-documents.ts';

interface Server {
  status?: { endpoints?: { node: string; address: string }[] };
}

interface User {
  status?: { sessions?: number; lastSeen?: { from?: string } };
}

describe('the whole, on two nodes', { skip: cannotInstall() }, () => {
  let whole: Installation;
  let cluster: Cluster;
  let machine: Machine;
  let other: Machine;
  const connections: Connection[] = [];

  before(async () => {
    whole = await startInstallation();
    cluster = whole.cluster;
    [machine, other] = whole.machines;
  });
  afterEach(async () => {
    for (const connection of connections.splice(0)) await connection.end();
  });
  after(() => whole?.close());

  const node = (index: number): Node => cluster.nodes[index] ?? assert.fail(`no node ${index}`);
  const kubectl = (...args: string[]) => cluster.kubectl.run([...args, '-n', vpnNamespace]);
  const apply = (...objects: object[]) => applyObjects(cluster, ...objects);
  const get = <Value>(...args: string[]) => cluster.kubectl.json<Value>(['get', ...args, '-n', vpnNamespace]);
  const { passwordSecretRef: _, ...withoutSecret } = (vpnUser('dora') as { spec: Record<string, unknown> })
    .spec;

  async function login(user: string, secret: string, from = machine): Promise<Connection> {
    const connection = await dial(from, { server: node(1).address, user, password: secret });
    connections.push(connection);
    return connection;
  }
  async function online(user: string, from = machine): Promise<Connection> {
    const connection = await login(user, 'correct horse', from);
    await connection.up();
    return connection;
  }
  /** From the start of the deed to the session's end by the gateway's log; the client must be down, too. */
  async function secondsUntilEnd(
    connection: Connection,
    reason: string,
    deed: () => Promise<unknown>,
  ): Promise<number> {
    const began = Date.now();
    await deed();
    await connection.down(10_000);
    // Its line passes through the container's runtime.
    const end = await eventually(`a session's end with ${reason}`, 5_000, () =>
      gatewayLog(node(1), began).find((entry) => entry['reason'] === reason),
    );
    return (end.time - began) / 1000;
  }
  /** One answer is enough: how many get lost is another test's question. */
  const reaches = ({ machine: from, device }: Connection) =>
    from.run(`ping -c 3 -i 0.2 -W 2 -I ${device} 10.77.0.1`);

  it('gets a gateway ready on every node within moments of kubectl apply', async () => {
    const began = performance.now();
    await apply(
      vpnServer('office'),
      ...['alice', 'bob', 'carol'].flatMap((name) => [vpnUser(name), password(name, 'correct horse')]),
    );
    await kubectl('wait', 'vpns/office', '--for=condition=Ready', '--timeout=60s');
    console.log(
      `kubectl apply to ready gateways on two nodes: ${((performance.now() - began) / 1000).toFixed(1)} s`,
    );
    await kubectl('wait', 'vpns/office', '--for=condition=UsersSynced', '--timeout=20s');
    const { status } = await get<Server>('vpns', 'office');
    assert.deepEqual(status?.endpoints, [
      { node: 'node1', address: node(0).address },
      { node: 'node2', address: node(1).address },
    ]);
  });

  it('lets a real Linux client in on the second node, and shows the session to kubectl', async () => {
    const connection = await online('alice');
    await reaches(connection);
    // The server's status and the user's are written each in its own time.
    const office =
      /^NAME +READY +NODES +SESSIONS +ADDRESSES +MTU +AGE\nvpnserver\S*office +True +2\/2 +1 +1\/253 +(\d+ +)?\S+$/m;
    const tables = await eventually('the session in both statuses', 15_000, async () => {
      const now = await kubectl('get', 'vpns,vpnu');
      return office.test(now) && /^vpnuser\S*alice .* Active +1 /m.test(now) ? now : undefined;
    });
    console.log(tables);
    assert.match(tables, /^NAME +SERVER +USERNAME +READY +REASON +SESSIONS +LAST-SEEN +MTU +AGE$/m);
    assert.match(tables, /^vpnuser\S*alice +office +alice +True +Active +1 +\S+ +(\d+ +)?\S+$/m);
    assert.match(tables, /^vpnuser\S*bob +office +bob +True +Active +0 +\S+/m);
    assert.equal((await get<User>('vpnu', 'alice')).status?.lastSeen?.from, machine.address);
    await connection.hangUp();
  });

  it('runs the gateways as nobody, without a capability in force and without a credential', async () => {
    for (const each of cluster.nodes) {
      const { output: pid } = await each.attempt(['pgrep', '-of', 'src/cli/main.ts gateway']);
      const { output } = await each.attempt(['sh', '-c', `cat /proc/${pid.trim()}/task/*/status`]);
      const values = (field: string) =>
        new Set([...output.matchAll(new RegExp(`^${field}:\\s+(\\S+)`, 'gm'))].map(([, value]) => value));
      assert.deepEqual(values('CapEff'), new Set(['0'.repeat(16)]));
      assert.deepEqual(values('Uid'), new Set(['65532']));
      const secrets = await each.attempt(['ls', `/proc/${pid.trim()}/root/var/run/secrets`]);
      assert.match(secrets.output, /No such file/);
    }
  });

  it('lets a user in within three seconds of kubectl apply', async () => {
    const began = Date.now();
    await apply(vpnUser('erin'), password('erin', 'correct horse'));
    await usersInForce(node(1), 4, began);
    const session = await whole.client.attempt(node(1).address, 'erin', 'correct horse');
    assert.ok(typeof session !== 'string', `erin is not let in: ${session}`);
    const seconds = (session.at - began) / 1000;
    console.log(`kubectl apply of a user to its login: ${seconds.toFixed(2)} s`);
    assert.ok(seconds <= 3, `${seconds.toFixed(2)} s`);
    session.hangUp();
  });

  it('makes a password for a user without one, and lets the user in with it', async () => {
    await apply({ ...vpnUser('dora'), spec: withoutSecret });
    const { data } = await eventually('the Secret', 5_000, () =>
      get<{ data: Record<string, string> }>('secret', 'dora-vpn').catch(() => undefined),
    );
    const connection = await login('dora', Buffer.from(data['password'] ?? '', 'base64').toString());
    await connection.up();
    await reaches(connection);
    await connection.hangUp();
  });

  it('ends a user’s session within two seconds of kubectl delete, and nobody else’s', async () => {
    const [bob, carol] = await Promise.all([online('bob'), online('carol', other)]);
    const seconds = await secondsUntilEnd(bob, 'user_removed', () => kubectl('delete', 'vpnuser', 'bob'));
    console.log(`kubectl delete vpnuser to the end of its session: ${seconds.toFixed(2)} s`);
    assert.ok(seconds <= 2, `${seconds.toFixed(2)} s`);
    await reaches(carol);
    await carol.hangUp();
  });

  it('ends a user’s session within two seconds of being suspended, and nobody else’s', async () => {
    const [alice, carol] = await Promise.all([online('alice'), online('carol', other)]);
    const suspend = '{"spec":{"suspended":true}}';
    const seconds = await secondsUntilEnd(alice, 'suspended', () =>
      kubectl('patch', 'vpnuser', 'alice', '--type=merge', '-p', suspend),
    );
    console.log(`kubectl patch … suspended to the end of its session: ${seconds.toFixed(2)} s`);
    assert.ok(seconds <= 2, `${seconds.toFixed(2)} s`);
    await reaches(carol);
    const refused = await login('alice', 'correct horse');
    assert.match((await refused.down()).text, /E=647/);
    await kubectl(
      'wait',
      'vpnu/alice',
      '--for=jsonpath={.status.conditions[0].reason}=Suspended',
      '--timeout=5s',
    );
    await carol.hangUp();
  });

  it('says goodbye to everyone when the VpnServer is deleted, and leaves nothing on the nodes', async () => {
    const carol = await online('carol', other);
    await kubectl('delete', 'vpnserver', 'office');
    const { text } = await carol.down();
    assert.match(text, /rcvd \[LCP TermReq/);
    await eventually('an end of all that belonged to it', 30_000, async () => {
      const left = await kubectl(
        ...['get', 'pods,daemonsets,secrets,serviceaccounts,pdb', '-o', 'name'],
        ...['-l', 'app.kubernetes.io/managed-by=vpn-operator,app.kubernetes.io/instance=office'],
      );
      return left === '' ? true : undefined;
    });
    for (const each of cluster.nodes) {
      for (const [command, trace] of [
        ['ip -o link', /vpn-/],
        ['nft list tables', /vpn-operator/],
        ['ip rule; ip route show table all', /10\.77\./],
        ['ps -eo args', /main\.ts gateway/],
      ] as const) {
        const { output } = await each.attempt(['sh', '-c', command]);
        assert.doesNotMatch(output, trace);
      }
    }
  });

  it('tells the users that their server is gone', async () => {
    await kubectl(
      'wait',
      'vpnu/carol',
      '--for=jsonpath={.status.conditions[0].reason}=ServerNotFound',
      '--timeout=10s',
    );
  });

  it('keeps the kinds and the users when Helm uninstalls the operator', async () => {
    await helm(cluster, ['uninstall', 'vpn-operator', '--wait']);
    assert.match(await cluster.kubectl.run(['get', 'crd', '-o', 'name']), /vpnusers\.vpn-operator\.dev/);
    assert.match(await kubectl('get', 'vpnu', '-o', 'name'), /\/carol/);
    // The garbage collector takes the pods, after Helm has returned.
    await eventually('the end of every pod', 30_000, async () => {
      const ours = ['-l', 'app.kubernetes.io/name=vpn-operator', '-o', 'name'];
      return (await cluster.kubectl.run(['get', 'pods', '-A', ...ours])) === '' ? 'gone' : undefined;
    });
  });
});
