// What the DaemonSet controller, a kubelet and a gateway would do on one node: a pod appears, its files follow the Secrets
// once the pod's annotation changes, and its gateway answers over HTTP.
import { createServer, type Server } from 'node:http';
import type { GatewayConfig } from '../../../src/api/gateway-config.ts';
import { readGatewayFiles } from '../../../src/api/gateway-files-reading.ts';
import type { GatewayStatus, UserActivity } from '../../../src/api/gateway-status.ts';
import { eventually } from '../lab/commands.ts';
import type { OperatorLab } from './operator-lab.ts';

interface PodMeta {
  metadata: { annotations?: Record<string, string> };
}

interface SecretData {
  data?: Record<string, string>;
}

export class FakeNode {
  readonly name: string;
  readonly address: string;
  readonly #lab: OperatorLab;
  readonly #server: string;
  readonly #http: Server;
  #hash: string | null = null;
  #annotation: string | undefined;
  #token = '';
  #timer: NodeJS.Timeout | undefined;
  #revision = 0;
  /** Replaces what the gateway would say. */
  status: Partial<GatewayStatus> = {};
  users: UserActivity[] = [];
  config: GatewayConfig | undefined;
  /** The kubelet brings new files; otherwise it sleeps. */
  isFollowing = true;

  constructor(lab: OperatorLab, server: string, name: string, address: string) {
    this.#lab = lab;
    this.#server = server;
    this.name = name;
    this.address = address;
    this.#http = createServer((request, response) => {
      if (request.headers.authorization !== `Bearer ${this.#token}`) response.writeHead(401).end();
      else
        response.end(
          JSON.stringify(request.url === '/v1/users' ? this.#usersAnswer() : this.#statusAnswer()),
        );
    });
  }

  get pod(): string {
    return `${this.#server}-vpn-gateway-${this.name}`;
  }

  /** Makes the pod, running and ready, and begins to look at its annotation. */
  async start({
    ready = 'True',
    port = 9723,
  }: {
    ready?: 'True' | 'False';
    port?: number;
  } = {}): Promise<void> {
    await new Promise<void>((done, fail) => {
      this.#http.once('error', fail).listen(port, this.address, done);
    });
    const labels = {
      'app.kubernetes.io/name': 'vpn-operator',
      'app.kubernetes.io/component': 'gateway',
      'app.kubernetes.io/instance': this.#server,
      'app.kubernetes.io/managed-by': 'vpn-operator',
    };
    await this.#lab.apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: this.pod, namespace: 'vpn', labels },
      spec: { nodeName: this.name, containers: [{ name: 'gateway', image: 'vpn-operator:dev' }] },
    });
    await this.setStatus({
      phase: 'Running',
      hostIP: this.address,
      hostIPs: [{ ip: this.address }],
      conditions: [{ type: 'Ready', status: ready }],
      containerStatuses: [containerStatus({ running: { startedAt: '2026-01-01T00:00:00Z' } }, ready)],
    });
    await eventually('the first files', 10_000, async () => ((await this.load()) ? true : undefined));
    this.#follow();
  }

  async setStatus(status: object): Promise<void> {
    const patch = JSON.stringify({ status });
    await this.#lab.kubectl.run([
      'patch',
      'pod',
      this.pod,
      '-n',
      'vpn',
      '--subresource=status',
      '--type=merge',
      '-p',
      patch,
    ]);
  }

  /** Users whose activity changed. */
  noteUsers(users: UserActivity[]): void {
    this.users = users;
    this.#revision++;
  }

  /** Reads the Secrets as a mounted volume would show them. */
  async load(): Promise<boolean> {
    const secrets = new Map<string, SecretData | undefined>();
    const text = (secret: string, key: string) => {
      const value = secrets.get(secret)?.data?.[key];
      return value === undefined ? undefined : Buffer.from(value, 'base64').toString();
    };
    const names = [
      `${this.#server}-vpn-config`,
      `${this.#server}-vpn-metrics-token`,
      `${this.#server}-vpn-users`,
    ];
    for (const name of [
      ...names,
      `${this.#server}-vpn-users-1`,
      `${this.#server}-vpn-users-2`,
      `${this.#server}-vpn-users-3`,
    ])
      secrets.set(name, await this.#lab.read<SecretData>(`/api/v1/namespaces/vpn/secrets/${name}`));
    this.#token = text(`${this.#server}-vpn-metrics-token`, 'token') ?? '';
    const result = readGatewayFiles((file) => {
      if (file === 'config.json') return text(`${this.#server}-vpn-config`, file);
      const shard = Number(/\d+/.exec(file)?.[0]);
      return text(`${this.#server}-vpn-users${shard === 0 ? '' : `-${shard}`}`, 'users.json');
    }, this.name);
    if (result.kind !== 'config') return false;
    this.config = result.config;
    this.#hash = result.hash;
    return true;
  }

  /** Pods of a node that is gone are gone, too. */
  async remove(): Promise<void> {
    this.close();
    await this.#lab.kubectl.run(['delete', 'pod', this.pod, '-n', 'vpn', '--force', '--grace-period=0']);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#http.close();
    this.#http.closeAllConnections();
  }

  get hash(): string | null {
    return this.#hash;
  }

  async annotations(): Promise<Record<string, string>> {
    const pod = await this.#lab.read<PodMeta>(`/api/v1/namespaces/vpn/pods/${this.pod}`);
    return pod?.metadata.annotations ?? {};
  }

  #follow(): void {
    this.#timer = setTimeout(async () => {
      const annotation = JSON.stringify(await this.annotations().catch(() => ({})));
      if (annotation !== this.#annotation && this.isFollowing && (await this.load().catch(() => false)))
        this.#annotation = annotation;
      if (this.#http.listening) this.#follow();
    }, 20);
  }

  #statusAnswer(): GatewayStatus {
    return {
      node: this.name,
      server: { namespace: 'vpn', name: this.#server },
      configHash: this.#hash,
      ready: true,
      problems: [],
      sessions: 0,
      addresses: { total: 100, used: 0 },
      usedAddresses: [],
      pathMTU: { states: {}, tunnelMTU: null, sessions: [] },
      notices: { process: '', now: '', latest: [] },
      usersRevision: String(this.#revision),
      ...this.status,
    };
  }

  #usersAnswer(): object {
    return { usersRevision: String(this.#revision), users: this.users };
  }
}

export function containerStatus(state: object, ready: 'True' | 'False' = 'False'): object {
  const { image, imageID } = { image: 'vpn-operator:dev', imageID: '' };
  return { name: 'gateway', image, imageID, ready: ready === 'True', restartCount: 0, state };
}
