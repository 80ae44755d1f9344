// What the cluster's demo plays with: two nodes that hold the image, an office behind the second one, a laptop.

import { type Cluster, startCluster } from '../../test/support/kubernetes/cluster.ts';
import { projectArchive, projectImage } from '../../test/support/kubernetes/image.ts';
import { buildKube, kubeVersion } from '../../test/support/kubernetes/kube-binary.ts';
import type { Node } from '../../test/support/kubernetes/node.ts';
import { pauseArchive } from '../../test/support/kubernetes/pause-image.ts';
import { eventually } from '../../test/support/lab/commands.ts';
import type { Machine } from '../../test/support/lab/machine.ts';
import { connect, makeNamespace } from '../../test/support/lab/namespaces.ts';
import { openOffice } from '../../test/support/lab/office.ts';

export const officeAddress = '192.168.80.2';

export interface DemoCluster {
  readonly cluster: Cluster;
  readonly version: string;
  /** The one that the laptop dials. */
  readonly node: Node;
  readonly laptop: Machine;
  /** Waits until kubectl would show the user's session. */
  sessionInStatus(user: string): Promise<void>;
}

/** Builds what is not built yet; minutes the first time. */
export async function prepare(): Promise<void> {
  await buildKube();
  await pauseArchive();
  await projectArchive();
}

export async function startDemoCluster(): Promise<DemoCluster> {
  const cluster = await startCluster({ images: [await projectArchive()] });
  const node = cluster.nodes[1];
  if (node === undefined) throw new Error('the cluster has no second node');
  const [laptop] = await Promise.all([
    cluster.addMachine(),
    nameImages(cluster),
    openOfficeBehind(cluster, node),
  ]);
  const sessionInStatus = async (user: string) => {
    const query = ['get', 'vpnu', user, '-n', 'vpn', '-o', 'jsonpath={.status.sessions}'];
    await eventually('the session in the status', 20_000, async () =>
      (await cluster.kubectl.run(query)) === '1' ? true : undefined,
    );
  };
  return { cluster, version: kubeVersion(), node, laptop, sessionInStatus };
}

async function nameImages(cluster: Cluster): Promise<void> {
  const name = 'docker.io/library/vpn-operator:dev';
  await Promise.all(cluster.nodes.map((node) => node.nameImage(projectImage, name)));
}

async function openOfficeBehind({ undo }: Cluster, node: Node): Promise<void> {
  const office = await makeNamespace(undo, 'office');
  await connect(
    { namespace: node.namespace, device: 'lan0', address: '192.168.80.1/24' },
    { namespace: office, device: 'eth0', address: `${officeAddress}/24` },
  );
  await openOffice(undo, office);
}
