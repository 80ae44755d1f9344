// A whole Kubernetes of our own on this machine, up in about ten seconds once its programs are built. Every address is
// inside namespaces of this run, so that runs do not meet.
//
//   control (API server)  172.31.0.1 ─┐
//   node1    172.31.0.11 ─────────────┤ bridge      pods 10.244.1.0/24
//   node2    172.31.0.12 ─────────────┤ `cluster`   pods 10.244.2.0/24
//   internet 172.31.0.254 ────────────┘
//      └── client machines 192.168.1.10, 192.168.2.10 … (Linux with PPTP)
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../lab/commands.ts';
import { type Machine, startMachine } from '../lab/machine.ts';
import { makeNamespace, type Namespace } from '../lab/namespaces.ts';
import { Undo } from '../lab/undo.ts';
import { type ControlPlane, startControlPlane, type TokenUser } from './control-plane.ts';
import { Kubectl } from './kubectl.ts';
import { Node } from './node.ts';
import { pauseArchive } from './pause-image.ts';
import { builtPrograms } from './programs.ts';
import { relayFromLoopback } from './relay.ts';
import { Service } from './service.ts';

export interface ClusterOptions {
  /** Default: 2. */
  nodes?: number;
  /** Paths of docker-archives that every node gets. */
  images?: readonly string[];
  /** Besides `admin`. */
  users?: readonly TokenUser[];
}

const controlAddress = '172.31.0.1';
const internetAddress = '172.31.0.254';

export class Cluster {
  readonly undo: Undo;
  readonly controlPlane: ControlPlane;
  readonly controllerManager: Service;
  readonly scheduler: Service;
  readonly nodes: readonly Node[];
  readonly internet: Namespace;
  /** As admin, from this process. */
  readonly kubectl: Kubectl;
  /** Port of the API server on this host's loopback. */
  readonly #port: number;
  #machines = 0;

  constructor(undo: Undo, parts: ClusterParts) {
    this.undo = undo;
    this.controlPlane = parts.controlPlane;
    this.controllerManager = parts.controllerManager;
    this.scheduler = parts.scheduler;
    this.nodes = parts.nodes;
    this.internet = parts.internet;
    this.#port = parts.port;
    this.kubectl = new Kubectl(parts.controlPlane.programs('kubectl'), this.kubeconfig());
  }

  /** The path of a kubeconfig for one of the users, for programs on this host. */
  kubeconfig(user?: string): string {
    return this.controlPlane.kubeconfig(user, `https://localhost:${this.#port}`);
  }

  /** Starts one more client machine on the internet: one to three seconds. */
  addMachine(): Promise<Machine> {
    this.#machines += 1;
    const index = this.#machines;
    return startMachine(this.undo, {
      home: this.internet,
      device: `lan${index}`,
      gateway: `192.168.${index}.1/24`,
      address: `192.168.${index}.10/24`,
    });
  }

  async importImage(archive: string): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.importImage(archive)));
  }

  close(): void {
    this.undo.now();
  }
}

interface ClusterParts {
  controlPlane: ControlPlane;
  controllerManager: Service;
  scheduler: Service;
  nodes: readonly Node[];
  internet: Namespace;
  port: number;
}

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const programs = await builtPrograms();
  const images = [await pauseArchive(), ...(options.images ?? [])];
  const undo = new Undo();
  const names = Array.from({ length: options.nodes ?? 2 }, (_, index) => `node${index + 1}`);
  const control = await makeBridge(undo);
  const internet = await makeInternet(undo, control);
  const hosts = await Promise.all(names.map((name, index) => makeNodeHost(undo, control, name, index + 1)));
  const users = [...controllerUsers, ...names.map(nodeUser), ...(options.users ?? [])];
  const place = { namespace: control, address: controlAddress };
  const controlPlane = await startControlPlane({ place, users, programs });
  undo.later(() => controlPlane.close());
  const folder = undo.folder();
  const nodes = await Promise.all(
    hosts.map((namespace, index) => startNode(undo, { controlPlane, namespace, folder, number: index + 1 })),
  );
  const controllers = startControllers(undo, controlPlane, control);
  const port = await relayFromLoopback(undo, { namespace: control, host: '127.0.0.1', port: 6443 });
  const cluster = new Cluster(undo, { ...controllers, controlPlane, nodes, internet, port });
  await Promise.all([...images.map((image) => cluster.importImage(image)), allReady(cluster)]);
  return cluster;
}

const controllerUsers: readonly TokenUser[] = [
  { name: 'system:kube-controller-manager', groups: [] },
  { name: 'system:kube-scheduler', groups: [] },
  { name: 'system:kube-proxy', groups: [] },
];

function nodeUser(name: string): TokenUser {
  return { name: `system:node:${name}`, groups: ['system:nodes'] };
}

async function makeBridge(undo: Undo): Promise<Namespace> {
  const control = await makeNamespace(undo, 'control');
  await control.ip('link add cluster type bridge');
  await control.ip(`addr add ${controlAddress}/24 dev cluster`);
  await control.ip('link set cluster up');
  await control.forwarding('on');
  await control.ip(`route add 192.168.0.0/16 via ${internetAddress}`);
  return control;
}

async function joinBridge(
  control: Namespace,
  namespace: Namespace,
  port: string,
  address: string,
): Promise<void> {
  const pair = `link add ${port} type veth peer name eth0 netns ${namespace.name}`;
  for (const command of [pair, `link set ${port} master cluster up`]) await control.ip(command);
  for (const command of [`addr add ${address}/24 dev eth0`, 'link set eth0 up']) await namespace.ip(command);
}

async function makeInternet(undo: Undo, control: Namespace): Promise<Namespace> {
  const internet = await makeNamespace(undo, 'internet');
  await joinBridge(control, internet, 'internet', internetAddress);
  await internet.forwarding('on');
  return internet;
}

async function makeNodeHost(
  undo: Undo,
  control: Namespace,
  name: string,
  number: number,
): Promise<Namespace> {
  const namespace = await makeNamespace(undo, name);
  await joinBridge(control, namespace, name, addressOf(number));
  await namespace.ip(`route add default via ${controlAddress}`);
  await namespace.ip(`route add 192.168.0.0/16 via ${internetAddress}`);
  return namespace;
}

function addressOf(number: number): string {
  return `172.31.0.${10 + number}`;
}

async function startNode(
  undo: Undo,
  parts: { controlPlane: ControlPlane; namespace: Namespace; folder: string; number: number },
): Promise<Node> {
  const { controlPlane, namespace, number } = parts;
  const name = `node${number}`;
  const options = {
    name,
    namespace,
    address: addressOf(number),
    folder: join(parts.folder, name),
    podRange: `10.244.${number}.0/24`,
    cgroup: namespace.name,
    programs: controlPlane.programs,
    kubeletKubeconfig: controlPlane.kubeconfig(`system:node:${name}`),
    proxyKubeconfig: controlPlane.kubeconfig('system:kube-proxy'),
  };
  mkdirSync(options.folder);
  const node = new Node(options);
  await node.start(undo, options);
  return node;
}

function startControllers(undo: Undo, controlPlane: ControlPlane, control: Namespace) {
  const start = (name: 'kube-controller-manager' | 'kube-scheduler', flags: readonly string[]) => {
    const config = controlPlane.kubeconfig(`system:${name}`);
    const access = [
      '--kubeconfig',
      config,
      '--authentication-kubeconfig',
      config,
      '--authorization-kubeconfig',
      config,
    ];
    const command = [...controlPlane.programs(name), ...access, '--leader-elect=false', ...flags];
    const service = new Service(undo, name, control.enter(command), join(controlPlane.folder, `${name}.log`));
    service.start();
    return service;
  };
  const pki = join(controlPlane.folder, 'pki');
  return {
    controllerManager: start('kube-controller-manager', [
      ...['--service-account-private-key-file', `${pki}/sa.key`, '--root-ca-file', `${pki}/apiserver.crt`],
      ...['--use-service-account-credentials', '--allocate-node-cidrs', '--cluster-cidr', '10.244.0.0/16'],
    ]),
    scheduler: start('kube-scheduler', []),
  };
}

interface NodeList {
  items: { status: { conditions: { type: string; status: string }[] } }[];
}

async function allReady(cluster: Cluster): Promise<void> {
  await eventually('all nodes being Ready', 60_000, async () => {
    const { items } = await cluster.kubectl.json<NodeList>(['get', 'nodes']);
    const ready = items.filter(({ status }) =>
      status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True'),
    );
    return ready.length === cluster.nodes.length ? 'ready' : undefined;
  });
}
