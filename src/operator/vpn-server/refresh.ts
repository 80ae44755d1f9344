// Makes gateways load new files at once: the kubelet looks at a pod's Secrets when the pod changes, so the operator changes
// an annotation on it. The kubelet's own view may lag; then the annotation is changed again, ever more rarely.
import type { Clock } from '../clock.ts';
import type { Cluster } from '../kube/cluster.ts';
import type { ObjectKey } from '../kube/object.ts';
import { pods } from '../kube/resource.ts';
import { configAttemptAnnotation, configHashAnnotation } from '../manifests/names.ts';
import type { GatewayState } from './gateway-state.ts';

interface Poked {
  readonly server: ObjectKey;
  readonly hash: string;
  /** When the hash was first wanted of this pod, and when the annotation was last changed. */
  readonly since: number;
  readonly at: number;
  readonly attempts: number;
}

/** A gateway has this long before it counts as behind, ms. */
const Patience = 5_000;
const FirstRetry = 1_500;
// After an outage of the API server the kubelet sees nothing new for up to a minute: the next change must not be far then.
const LongestRetry = 5_000;
/** About two minutes of changes that the API server took: whom they did not help, the next ones hardly will. */
const EagerAttempts = 24;
const LateRetry = 30_000;

export interface RefreshResult {
  /** Gateways that should have loaded the hash by now. */
  readonly behind: readonly GatewayState[];
  /** ms until it is worth looking again; undefined: all is done. */
  readonly again: number | undefined;
}

export class Refresher {
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  readonly #poked = new Map<string, Poked>();

  constructor(cluster: Cluster, clock: Clock) {
    this.#cluster = cluster;
    this.#clock = clock;
  }

  async refresh(server: ObjectKey, gateways: readonly GatewayState[], hash: string): Promise<RefreshResult> {
    this.#keepOnly(server, new Set(gateways.map(({ pod }) => pod.metadata.uid ?? '')));
    const lacking = gateways.filter((gateway) => this.#lacks(gateway, hash));
    await Promise.all(lacking.map((gateway) => this.#poke(server, gateway, hash)));
    const now = this.#clock.now();
    const behind = lacking.filter(({ pod }) => {
      const poked = this.#poked.get(pod.metadata.uid ?? '');
      return poked !== undefined && now - poked.since >= Patience;
    });
    return { behind, again: lacking.length === 0 ? undefined : FirstRetry };
  }

  forgetServer(server: ObjectKey): void {
    this.#keepOnly(server, new Set());
  }

  #keepOnly(server: ObjectKey, uids: ReadonlySet<string>): void {
    for (const [uid, poked] of this.#poked) {
      if (poked.server === server && !uids.has(uid)) this.#poked.delete(uid);
    }
  }

  #lacks({ pod, report }: GatewayState, hash: string): boolean {
    const { uid = '' } = pod.metadata;
    const isLoaded = report?.configHash === hash;
    if (isLoaded) this.#poked.delete(uid);
    // A pod that does not run yet will begin with the current files.
    return !isLoaded && pod.status?.phase === 'Running';
  }

  async #poke(server: ObjectKey, { pod }: GatewayState, hash: string): Promise<void> {
    const { uid = '', namespace, name, annotations = {} } = pod.metadata;
    const now = this.#clock.now();
    const known = this.#poked.get(uid);
    const poked = known?.hash === hash ? known : undefined;
    if (poked === undefined && annotations[configHashAnnotation] === hash) {
      // An earlier life of this process did it.
      this.#poked.set(uid, { server, hash, since: now, at: now, attempts: 1 });
      return;
    }
    if (poked !== undefined && now - poked.at < retryAfter(poked.attempts)) return;
    const attempts = (poked?.attempts ?? 0) + 1;
    const change = {
      [configHashAnnotation]: hash,
      [configAttemptAnnotation]: attempts === 1 ? null : String(attempts),
    };
    await this.#cluster.patch(pods, { namespace, name }, { metadata: { annotations: change } });
    this.#poked.set(uid, { server, hash, since: poked?.since ?? now, at: now, attempts });
  }
}

/** ms. */
function retryAfter(attempts: number): number {
  if (attempts > EagerAttempts) return LateRetry;
  return Math.min(LongestRetry, FirstRetry * 2 ** (attempts - 1));
}
