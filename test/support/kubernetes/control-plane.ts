// etcd and kube-apiserver, alone on loopback with free ports (for CRDs and controllers: about three seconds) or as the
// control plane of a cluster in a network namespace. Either can be frozen, stopped and started again.
//
// Users have fixed tokens, so that tests act as anyone without a controller manager.
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { attempt } from '../lab/commands.ts';
import type { Namespace } from '../lab/namespaces.ts';
import { Undo } from '../lab/undo.ts';
import { writeKubeconfig } from './kubeconfig.ts';
import { Kubectl } from './kubectl.ts';
import { apiPrograms, type Programs } from './programs.ts';
import { Service } from './service.ts';

export interface TokenUser {
  name: string;
  groups: readonly string[];
}

export const admin: TokenUser = { name: 'admin', groups: ['system:masters'] };

/** The identity that pods of a ServiceAccount have. */
export function serviceAccountUser(namespace: string, name: string): TokenUser {
  return {
    name: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`],
  };
}

export interface ControlPlaneOptions {
  /** Besides `admin`. */
  users?: readonly TokenUser[];
  /** For a cluster: where it runs, and the address that its nodes reach. Default: loopback, without nodes. */
  place?: { namespace: Namespace; address: string };
  /** Default: those of KUBEBUILDER_ASSETS, or built. */
  programs?: Programs;
}

export class ControlPlane {
  readonly undo: Undo;
  readonly etcd: Service;
  readonly apiServer: Service;
  readonly programs: Programs;
  /** Its data, keys and logs. */
  readonly folder: string;
  /** The address and port by which clients beside it reach it. */
  readonly address: string;
  readonly #enter: (command: readonly string[]) => readonly string[];

  constructor(undo: Undo, folder: string, programs: Programs, ports: Ports, options: ControlPlaneOptions) {
    this.undo = undo;
    this.folder = folder;
    this.programs = programs;
    const namespace = options.place?.namespace;
    this.#enter = (command) => namespace?.enter(command) ?? command;
    this.address = `${options.place?.address ?? '127.0.0.1'}:${ports.api}`;
    const etcd = [...programs('etcd'), ...etcdFlags(folder, ports)];
    const api = [...programs('kube-apiserver'), ...apiServerFlags(folder, ports, options.place?.address)];
    this.etcd = new Service(undo, 'etcd', this.#enter(etcd), join(folder, 'etcd.log'));
    this.apiServer = new Service(
      undo,
      'kube-apiserver',
      this.#enter(api),
      join(folder, 'kube-apiserver.log'),
    );
  }

  /** The path of a kubeconfig for one of the users. @param server default: as seen from beside the API server */
  kubeconfig(user: string = admin.name, server = `https://${this.address}`): string {
    const file = join(this.folder, `${fileName(`${user} ${server}`)}.kubeconfig`);
    writeKubeconfig(file, {
      server,
      authority: join(this.folder, 'pki/apiserver.crt'),
      token: tokenOf(user),
    });
    return file;
  }

  kubectl(user?: string): Kubectl {
    return new Kubectl(this.#enter(this.programs('kubectl')), this.kubeconfig(user));
  }

  /** Waits until the API server takes requests. */
  async ready(): Promise<void> {
    await this.apiServer.ready(60_000, async () => {
      if (!existsSync(join(this.folder, 'pki/apiserver.crt'))) return false;
      const ask = [...this.kubectl().command, '--request-timeout', '2s', 'get', '--raw', '/readyz'];
      return (await attempt(ask)).code === 0;
    });
  }

  /** Ends both and removes their data. */
  close(): void {
    this.undo.now();
  }
}

interface Ports {
  api: number;
  etcd: number;
  etcdPeer: number;
}

export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const programs = options.programs ?? (await apiPrograms());
  const undo = new Undo();
  const folder = undo.folder();
  writeIdentities(folder, [admin, ...(options.users ?? [])]);
  const controlPlane = new ControlPlane(undo, folder, programs, await portsFor(options), options);
  controlPlane.etcd.start();
  controlPlane.apiServer.start();
  await controlPlane.ready();
  return controlPlane;
}

function writeIdentities(folder: string, users: readonly TokenUser[]): void {
  mkdirSync(join(folder, 'pki'));
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(join(folder, 'pki/sa.key'), privateKey.export({ type: 'pkcs1', format: 'pem' }));
  writeFileSync(join(folder, 'pki/sa.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  const lines = users.map(({ name, groups }) => `${tokenOf(name)},${name},${name},"${groups.join(',')}"\n`);
  writeFileSync(join(folder, 'pki/tokens.csv'), lines.join(''));
}

/** Fit for a test's own API server only. */
function tokenOf(user: string): string {
  return `token-of-${fileName(user)}`;
}

function fileName(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9.-]+/g, '-');
}

function etcdFlags(folder: string, ports: Ports): string[] {
  const client = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return [
    ...['--data-dir', join(folder, 'etcd'), '--unsafe-no-fsync', '--log-level', 'warn'],
    ...['--listen-client-urls', client, '--advertise-client-urls', client],
    ...[
      '--listen-peer-urls',
      peer,
      '--initial-advertise-peer-urls',
      peer,
      '--initial-cluster',
      `default=${peer}`,
    ],
  ];
}

function apiServerFlags(folder: string, ports: Ports, address: string | undefined): string[] {
  const pki = join(folder, 'pki');
  return [
    ...[
      '--etcd-servers',
      `http://127.0.0.1:${ports.etcd}`,
      '--secure-port',
      String(ports.api),
      '--cert-dir',
      pki,
    ],
    ...['--token-auth-file', join(pki, 'tokens.csv'), '--service-cluster-ip-range', '10.96.0.0/16'],
    ...['--service-account-issuer', 'https://kubernetes.default.svc'],
    ...['--service-account-signing-key-file', join(pki, 'sa.key')],
    ...['--service-account-key-file', join(pki, 'sa.pub'), '--allow-privileged'],
    ...(address === undefined ? withoutNodes : withNodes(address)),
  ];
}

// No controller makes ServiceAccounts here, so pods must do without; loopback cannot be an endpoint of a Service.
const withoutNodes = [
  ...[
    '--bind-address',
    '127.0.0.1',
    '--advertise-address',
    '127.0.0.1',
    '--endpoint-reconciler-type',
    'none',
  ],
  ...['--authorization-mode', 'RBAC', '--disable-admission-plugins', 'ServiceAccount'],
];

// The certificate that it makes for itself names `localhost` only when it listens everywhere.
function withNodes(address: string): string[] {
  return [
    ...['--bind-address', '0.0.0.0', '--advertise-address', address],
    ...['--authorization-mode', 'Node,RBAC', '--enable-admission-plugins', 'NodeRestriction'],
    ...['--kubelet-preferred-address-types', 'InternalIP'],
  ];
}

async function portsFor(options: ControlPlaneOptions): Promise<Ports> {
  if (options.place) return { api: 6443, etcd: 2379, etcdPeer: 2380 };
  const [api = 0, etcd = 0, etcdPeer = 0] = await freePorts(3);
  return { api, etcd, etcdPeer };
}

/** Below the ports that kernels give to whoever connects: one that is stopped finds its own free when it starts again. */
const lowestPort = 20_000;
const portCount = 12_000;
/** Test files that run at the same time begin to look in different places. */
let place = process.pid * 16;

/** Ports that nobody listens on now. */
async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  for (; servers.length < count; place++) {
    const server = await listenOn(lowestPort + (place % portCount));
    if (server !== undefined) servers.push(server);
  }
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function listenOn(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
