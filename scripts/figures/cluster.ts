// Measures how long people wait on a real Kubernetes: `sudo node scripts/figures/cluster.ts [tries]`. Two nodes, chart and
// image of this checkout. Takes about five minutes for 50 tries. How each figure is taken stands beside it.
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import type { Cluster } from '../../test/support/kubernetes/cluster.ts';
import { usersInForce } from '../../test/support/kubernetes/gateway-log.ts';
import { projectArchive } from '../../test/support/kubernetes/image.ts';
import {
  applyObjects,
  type Installation,
  startInstallation,
  vpnNamespace,
} from '../../test/support/kubernetes/installation.ts';
import type { Session } from '../../test/support/kubernetes/login-client.ts';
import type { Node } from '../../test/support/kubernetes/node.ts';
import { password, vpnServer, vpnUser } from '../../test/support/operator/operator-documents.ts';
import { Goodbyes } from './goodbyes.ts';
import { failoverTimes } from './operator-failover.ts';

const tries = Number(process.argv[2] ?? 50);
const failovers = 5;
const words = 'correct horse';

const howMeasured = `
apply: one login is tried as soon as the gateway on node 2 logs that a file with the user is in force; up to 50 ms until
that is noticed, and the login from TCP to the inner address, are included. delete, patch: until tcpdump on the client's side
sees the LCP Terminate-Request, from which on no IP packet passes. All of it runs on this one machine.`;

const installation = await startInstallation({ replicas: 2 });
try {
  await measure(installation);
} finally {
  await installation.close();
}

async function measure({ cluster, client }: Installation): Promise<void> {
  const node = cluster.nodes[1];
  if (node === undefined) throw new Error('the cluster has no second node');
  await applyObjects(cluster, vpnServer('office'), vpnUser('resident'), password('resident', words));
  await kubectl(cluster, 'wait', 'vpns/office', '--for=condition=Ready', '--timeout=60s');
  const place = { namespace: cluster.internet, device: 'eth0', gateway: node.address };
  const lab = { cluster, node, client, goodbyes: new Goodbyes(cluster.undo, place) };
  const logins: number[] = [];
  const deletions: number[] = [];
  const suspensions: number[] = [];
  for (let index = 0; index < tries; index++) {
    const gone = await newUser(lab, `deleted-${index}`, logins);
    deletions.push(await untilGoodbye(lab, gone, ['delete', 'vpnuser', `deleted-${index}`]));
    const name = `suspended-${index}`;
    const cut = await newUser(lab, name, logins);
    const patch = ['patch', 'vpnuser', name, '--type=merge', '-p', '{"spec":{"suspended":true}}'];
    suspensions.push(await untilGoodbye(lab, cut, patch));
    await kubectl(cluster, 'delete', 'vpnuser', name);
  }
  console.log(`\nseconds, from the start of kubectl, ${tries} tries         p50     p99 (nearest rank)`);
  row('kubectl apply of a user, to its inner address', logins);
  row('kubectl delete vpnuser, to the goodbye at the client', deletions);
  row('kubectl patch … suspended, to the goodbye at the client', suspensions);
  console.log(`\nseconds, from the signal to the other operator’s Lease, ${failovers} tries`);
  row('operator killed (SIGKILL)', await failoverTimes(cluster, 'KILL', failovers));
  row('operator stopped (SIGTERM)', await failoverTimes(cluster, 'TERM', failovers));
  await tellImageSize();
  console.log(howMeasured);
}

interface Lab {
  cluster: Cluster;
  node: Node;
  client: Installation['client'];
  goodbyes: Goodbyes;
}

/** Applies a user and logs it in; adds the seconds that took. */
async function newUser({ cluster, node, client }: Lab, name: string, times: number[]): Promise<Session> {
  const began = Date.now();
  await applyObjects(cluster, vpnUser(name), password(name, words));
  await usersInForce(node, 2, began, 30_000);
  const session = await client.attempt(node.address, name, words);
  if (typeof session === 'string') throw new Error(`${name} is not let in: ${session}`);
  times.push((session.at - began) / 1000);
  return session;
}

async function untilGoodbye(lab: Lab, session: Session, command: readonly string[]): Promise<number> {
  const goodbye = lab.goodbyes.next();
  const began = Date.now();
  const [at] = await Promise.all([goodbye, session.ended, kubectl(lab.cluster, ...command)]);
  return (at - began) / 1000;
}

function kubectl(cluster: Cluster, ...args: string[]): Promise<string> {
  return cluster.kubectl.run([...args, '-n', vpnNamespace]);
}

function median(values: readonly number[]): number {
  return rank(values, 0.5);
}

/** Nearest rank. */
function rank(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

function row(name: string, values: readonly number[]): void {
  const figures = [median(values), rank(values, 0.99)].map((value) => value.toFixed(2).padStart(7));
  console.log(`${name.padEnd(62)} ${figures.join(' ')}`);
}

async function tellImageSize(): Promise<void> {
  const archive = await projectArchive();
  const packed = execFileSync('sh', ['-c', 'gzip -1 -c "$0" | wc -c', archive], { encoding: 'utf8' });
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  console.log(
    `\nimage: ${megabytes(statSync(archive).size)}, ${megabytes(Number(packed))} as gzip -1 packs it`,
  );
}
