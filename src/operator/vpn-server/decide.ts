// Decides what a VpnServer's gateways should be: pure, from the situation alone. A server in conflict with an older one
// gets no gateways; if it has some already, they go on with their last good settings, and still follow their users.
import { assignSlices } from '../../api/address-slices.ts';
import type { Finding } from '../../api/finding.ts';
import type { GatewayConfig, ServedSpec } from '../../api/gateway-config.ts';
import { encodeGatewayFiles, type GatewayFiles } from '../../api/gateway-files.ts';
import { type KubeObject, keyOf, type ObjectKey } from '../kube/object.ts';
import { gatewayDaemonSet } from '../manifests/daemon-set.ts';
import { configSecret, usersSecrets } from '../manifests/gateway-secrets.ts';
import { gatewayPodDisruptionBudget } from '../manifests/pod-disruption-budget.ts';
import { gatewayServiceAccount } from '../manifests/service-account.ts';
import type { DaemonSetObject, SecretObject } from '../objects.ts';
import { HttpPorts } from './http-port.ts';
import type { Situation } from './situation.ts';

export interface GatewayImage {
  readonly image: string;
  readonly imagePullPolicy: string;
  /** Names of Secrets in each server's namespace; those that are not there do no harm. */
  readonly pullSecrets?: readonly string[];
}

export interface Decision {
  /** Why there are no gateways, or why they keep their settings. */
  readonly conflicts: readonly Finding[];
  /** undefined: nothing is to be made. */
  readonly gateways: WantedGateways | undefined;
}

export interface WantedGateways {
  readonly files: GatewayFiles;
  readonly serviceAccount: KubeObject;
  readonly config: SecretObject;
  readonly users: readonly SecretObject[];
  readonly daemonSet: KubeObject;
  readonly budget: KubeObject | undefined;
  readonly httpPort: number;
  /** Fields of the spec that changed and for which running gateways have to start anew. */
  readonly restartsFor: readonly string[];
}

/** Remembers the last files: ten thousand users need not be written out anew to find nothing changed. */
export class Decider {
  readonly #image: GatewayImage;
  readonly #ports = new HttpPorts();
  readonly #files = new Map<string, { config: GatewayConfig; slices: string; files: GatewayFiles }>();

  constructor(image: GatewayImage) {
    this.#image = image;
  }

  decide(situation: Situation): Decision {
    const { server, judgement, daemonSet, previous } = situation;
    const conflicts = judgement.serverFindings;
    const config = judgement.config;
    if (config === undefined) return { conflicts, gateways: undefined };
    if (conflicts.length === 0) return { conflicts, gateways: this.#gateways(situation, config) };
    if (daemonSet === undefined || previous === undefined) return { conflicts, gateways: undefined };
    const { spec, protectedDestinations } = previous;
    const held = { ...situation, server: { ...server, spec } };
    return { conflicts, gateways: this.#gateways(held, { ...config, spec, protectedDestinations }) };
  }

  forget(server: ObjectKey): void {
    this.#files.delete(server);
    this.#ports.forget(server);
  }

  #gateways(situation: Situation, config: GatewayConfig): WantedGateways {
    const { server, daemonSet, neighbours, nodeNames } = situation;
    const files = this.#filesOf(situation, config);
    const httpPort = this.#ports.choose(keyOf(server.metadata), daemonSet, neighbours);
    const userShards = Math.max(shardSlots(files.users.length), mountedShards(daemonSet));
    return {
      files,
      httpPort,
      restartsFor: fixedFieldsChanged(situation.previous?.spec, config.spec),
      serviceAccount: gatewayServiceAccount(server),
      config: configSecret(server, files),
      users: usersSecrets(server, files),
      daemonSet: gatewayDaemonSet(server, { ...this.#image, httpPort, userShards }),
      budget: gatewayPodDisruptionBudget(server, nodeNames.length),
    };
  }

  #filesOf(situation: Situation, config: GatewayConfig): GatewayFiles {
    const key = keyOf(situation.server.metadata);
    const assigned = slicesOf(situation, config);
    const slices = JSON.stringify(assigned);
    const known = this.#files.get(key);
    if (known?.config === config && known.slices === slices) return known.files;
    const files = encodeGatewayFiles({ config, ...assigned });
    this.#files.set(key, { config, slices, files });
    return files;
  }
}

/**
 * What a gateway cannot change while it runs: the sockets and the device were opened with powers that it gave up since
 * (docs/adr/0008-capabilities.md).
 */
function fixedFieldsChanged(before: ServedSpec | undefined, after: ServedSpec): string[] {
  if (before === undefined) return [];
  const fixed = ({ listenAddresses, gatewayAddress, routing }: ServedSpec) => ({
    'spec.listenAddresses': listenAddresses.join(),
    'spec.gatewayAddress': gatewayAddress,
    'spec.routing.proxyARP': routing.proxyARP,
  });
  const old: Record<string, unknown> = fixed(before);
  return Object.entries(fixed(after)).flatMap(([field, value]) => (old[field] === value ? [] : [field]));
}

function slicesOf(situation: Situation, config: GatewayConfig) {
  const { previous, previousHash, nodeNames, lingering, gateways } = situation;
  const reportOf = (name: string) => gateways.find(({ node }) => node === name)?.report;
  const fixed = new Set(config.users.flatMap(({ address }) => address ?? []));
  return assignSlices({
    spec: config.spec,
    previous: { slices: previous?.slices ?? {}, releasing: previous?.releasing ?? [] },
    nodes: nodeNames,
    lingering,
    usedOn: (node) => reportOf(node)?.usedAddresses.filter((address) => !fixed.has(address)),
    isCurrent: (node) => previousHash !== undefined && reportOf(node)?.configHash === previousHash,
  });
}

const FewestShards = 8;

function shardSlots(shards: number): number {
  let slots = FewestShards;
  while (slots < shards) slots *= 2;
  return slots;
}

/** A smaller number would roll the pods for nothing. */
function mountedShards(daemonSet: DaemonSetObject | undefined): number {
  const text = JSON.stringify(daemonSet?.spec?.template ?? {});
  return [...text.matchAll(/"path":"users-\d+\.json"/g)].length;
}
