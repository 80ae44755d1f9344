// An operator of its own process or of this one, on a real API server without nodes: what a kubelet and the gateways would
// do, FakeNode does. Nothing here runs in the product.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { ApiClient } from '../../../src/operator/kube/api-client.ts';
import type { Operator, OperatorOptions } from '../../../src/operator/operator.ts';
import { startOperator } from '../../../src/operator/operator.ts';
import { createLog } from '../../../src/process/log.ts';
import { untilServed } from '../kubernetes/catching-up.ts';
import {
  type ControlPlane,
  type ControlPlaneOptions,
  startControlPlane,
} from '../kubernetes/control-plane.ts';
import type { Kubectl } from '../kubernetes/kubectl.ts';
import { eventually } from '../lab/commands.ts';
import { killOperators } from './operator-child.ts';

const root = resolve(import.meta.dirname, '../../..');

export interface Writes {
  /** "PATCH /apis/…" of every write that was answered. */
  readonly done: string[];
}

export class OperatorLab {
  readonly plane: ControlPlane;
  readonly kubectl: Kubectl;
  readonly #client: ApiClient;
  readonly #operators = new Set<Operator>();

  constructor(plane: ControlPlane) {
    this.plane = plane;
    this.kubectl = plane.kubectl();
    const config = new KubeConfig();
    config.loadFromFile(plane.kubeconfig());
    this.#client = new ApiClient(config);
  }

  static async start(options: ControlPlaneOptions = {}): Promise<OperatorLab> {
    const lab = new OperatorLab(await startControlPlane(options));
    for (const file of ['crds/vpnservers.yaml', 'crds/vpnusers.yaml'])
      await lab.kubectl.apply(readFileSync(resolve(root, file), 'utf8'));
    await untilServed(lab.kubectl);
    await lab.kubectl.run(['create', 'namespace', 'vpn']);
    await lab.addNode('node1', '127.0.1.1');
    return lab;
  }

  /** A node that only exists on paper. */
  async addNode(name: string, address: string, labels: Record<string, string> = {}): Promise<void> {
    const metadata = { name, labels: { 'kubernetes.io/os': 'linux', ...labels } };
    await this.kubectl.apply(JSON.stringify({ apiVersion: 'v1', kind: 'Node', metadata }));
    const status = { addresses: [{ type: 'InternalIP', address }] };
    const patch = JSON.stringify({ status });
    await this.kubectl.run(['patch', 'node', name, '--subresource=status', '--type=merge', '-p', patch]);
  }

  startOperator(options: Partial<OperatorOptions> = {}): {
    operator: Operator;
    writes: Writes;
    close(): Promise<void>;
  } {
    const writes: Writes = { done: [] };
    const operator = startOperator({
      kubeconfig: this.plane.kubeconfig(),
      namespaces: [],
      namespace: 'default',
      identity: randomUUID(),
      gatewayImage: { image: 'vpn-operator:dev', imagePullPolicy: 'IfNotPresent' },
      reservedRanges: [],
      leading: 'always',
      log: createLog({ level: 'silent' }),
      onWrite: (moment, { method, path }) => {
        if (moment === 'after') writes.done.push(`${method} ${path}`);
      },
      ...options,
    });
    this.#operators.add(operator);
    const close = async () => {
      this.#operators.delete(operator);
      await operator.close();
    };
    return { operator, writes, close };
  }

  /** Documents as YAML or as values. */
  async apply(...documents: (string | object)[]): Promise<void> {
    const texts = documents.map((document) =>
      typeof document === 'string' ? document : JSON.stringify(document),
    );
    await this.kubectl.apply(texts.join('\n---\n'));
  }

  /** The answer to a GET, quickly; undefined for whatever is not there. */
  async read<Value>(path: string): Promise<Value | undefined> {
    return await this.#client.send<Value>({ method: 'GET', path }).catch(() => undefined);
  }

  /** Many objects at once, 16 at a time. */
  async createMany(path: string, objects: readonly object[]): Promise<void> {
    const waiting = [...objects];
    const work = async () => {
      for (let body = waiting.pop(); body !== undefined; body = waiting.pop())
        await this.#client.send({ method: 'POST', path, body });
    };
    await Promise.all(Array.from({ length: 16 }, work));
  }

  async get<Value>(kind: string, name: string, namespace = 'vpn'): Promise<Value | undefined> {
    const { code, stdout } = await this.kubectl.attempt(['get', kind, name, '-n', namespace, '-o', 'json']);
    return code === 0 ? (JSON.parse(stdout) as Value) : undefined;
  }

  /** `True Active: message` of one condition. */
  async condition(kind: string, name: string, type = 'Ready', namespace = 'vpn'): Promise<string> {
    const object = await this.get<WithConditions>(kind, name, namespace);
    const found = object?.status?.conditions?.find((condition) => condition.type === type);
    return found === undefined ? '' : `${found.status} ${found.reason}: ${found.message}`;
  }

  /** Waits until the condition matches, and returns it. */
  async untilCondition(
    kind: string,
    name: string,
    pattern: RegExp,
    type = 'Ready',
    namespace = 'vpn',
  ): Promise<string> {
    let last = '';
    try {
      return await eventually(`${kind} ${name}: ${pattern}`, 15_000, async () => {
        last = await this.condition(kind, name, type, namespace);
        return pattern.test(last) ? last : undefined;
      });
    } catch (error) {
      throw new Error(`${(error as Error).message}; it is "${last}"`);
    }
  }

  /** Waits until Events with all of these reasons are there: each follows the condition that it tells of. */
  async untilEvents(...reasons: string[]): Promise<void> {
    const command = ['get', 'events.events.k8s.io', '-n', 'vpn', '-o', 'jsonpath={.items[*].reason}'];
    for (const reason of reasons)
      await eventually(`the Event ${reason}`, 10_000, async () =>
        (await this.kubectl.run(command)).split(' ').includes(reason) ? 'there' : undefined,
      );
  }

  /** Waits until nothing was written for `time` ms. */
  async untilQuiet(writes: Writes, time = 3_000): Promise<void> {
    for (let count = -1; count !== writes.done.length; ) {
      count = writes.done.length;
      await new Promise((done) => setTimeout(done, time));
    }
  }

  async close(): Promise<void> {
    killOperators();
    await Promise.all([...this.#operators].map((operator) => operator.close()));
    this.#client.close();
    this.plane.close();
  }
}

interface WithConditions {
  status?: { conditions?: { type: string; status: string; reason: string; message: string }[] };
}
