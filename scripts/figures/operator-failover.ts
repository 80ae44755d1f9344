// How soon the second operator leads when the first one dies in its pod: from the signal to the Lease's acquireTime.
import { releaseNamespace } from '../../test/support/helm/render.ts';
import type { Cluster } from '../../test/support/kubernetes/cluster.ts';
import { eventually } from '../../test/support/lab/commands.ts';

interface Lease {
  spec: { holderIdentity: string; acquireTime: string };
}

/** Seconds, one for each try. Two operators on different nodes are needed. */
export async function failoverTimes(
  cluster: Cluster,
  signal: 'KILL' | 'TERM',
  tries: number,
): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < tries; index++) times.push(await failover(cluster, signal));
  return times;
}

async function failover(cluster: Cluster, signal: string): Promise<number> {
  const kubectl = (...args: string[]) => cluster.kubectl.run([...args, '-n', releaseNamespace]);
  const lease = () => cluster.kubectl.json<Lease>(['get', 'lease', 'vpn-operator', '-n', releaseNamespace]);
  const { spec: before } = await lease();
  const pod = before.holderIdentity.split('_')[0] ?? '';
  const on = await kubectl('get', 'pod', pod, '-o', 'jsonpath={.spec.nodeName}');
  const node = cluster.nodes.find(({ name }) => name === on);
  const began = Date.now();
  await node?.attempt(['pkill', `-${signal}`, '-f', 'src/cli/main.ts operator']);
  const after = await eventually('another leader', 30_000, async () => {
    const { spec } = await lease();
    return spec.holderIdentity !== '' && spec.holderIdentity !== before.holderIdentity ? spec : undefined;
  });
  // A pod that was started again and again is made to wait; a new one is not.
  await kubectl('delete', 'pod', pod, '--wait');
  await kubectl('rollout', 'status', 'deployment/vpn-operator', '--timeout=60s');
  return (Date.parse(after.acquireTime) - began) / 1000;
}
