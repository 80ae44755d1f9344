// What Kubernetes says nowhere but in events: why pods wait for their volumes, and why a DaemonSet gets no pods. Asked for
// those alone, and not often.
import type { Clock } from '../clock.ts';
import { isForbidden } from '../kube/api-error.ts';
import type { Cluster } from '../kube/cluster.ts';
import type { KubeObject, ObjectKey } from '../kube/object.ts';
import { coreEvents } from '../kube/resource.ts';
import type { DaemonSetObject, PodObject } from '../objects.ts';
import { waitsForVolumes } from './gateway-state.ts';

interface CoreEvent extends KubeObject {
  message?: string;
  lastTimestamp?: string | null;
}

/** Whom an event may tell of, and its reason. */
interface Sufferer {
  readonly namespace: string;
  readonly uid: string;
  readonly reason: 'FailedMount' | 'FailedCreate';
}

/** Mounting and making pods takes a moment; the first failure is told after about a second. */
const AskEvery = 5_000;

export class Complaints {
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  readonly #asked = new Map<string, { readonly server: ObjectKey; readonly at: number }>();
  /** The latest, by the uid of the pod or the DaemonSet. */
  readonly messages = new Map<string, string>();

  constructor(cluster: Cluster, clock: Clock) {
    this.#cluster = cluster;
    this.#clock = clock;
  }

  /** ms until it is worth looking again; undefined: nobody waits. */
  async look(
    server: ObjectKey,
    pods: readonly PodObject[],
    daemonSet: DaemonSetObject | undefined,
  ): Promise<number | undefined> {
    const sufferers = sufferersOf(pods, daemonSet);
    this.#keepOnly(server, new Set(sufferers.map(({ uid }) => uid)));
    await Promise.all(sufferers.map((each) => this.#ask(server, each)));
    return sufferers.length === 0 ? undefined : AskEvery;
  }

  forgetServer(server: ObjectKey): void {
    this.#keepOnly(server, new Set());
  }

  #keepOnly(server: ObjectKey, uids: ReadonlySet<string>): void {
    for (const [uid, asked] of this.#asked) {
      if (asked.server !== server || uids.has(uid)) continue;
      this.#asked.delete(uid);
      this.messages.delete(uid);
    }
  }

  async #ask(server: ObjectKey, { namespace, uid, reason }: Sufferer): Promise<void> {
    const at = this.#clock.now();
    const asked = this.#asked.get(uid);
    if (asked !== undefined && at - asked.at < AskEvery) return;
    this.#asked.set(uid, { server, at });
    if (asked === undefined) return;
    try {
      const fieldSelector = `involvedObject.uid=${uid},reason=${reason}`;
      const events = await this.#cluster.list<CoreEvent>(coreEvents, { namespace, fieldSelector });
      const latest = events.toSorted((one, other) => timeOf(one).localeCompare(timeOf(other))).at(-1);
      if (latest?.message !== undefined) this.messages.set(uid, latest.message);
    } catch (error) {
      // Then the object's own events must do for whoever looks.
      if (!isForbidden(error)) throw error;
    }
  }
}

function sufferersOf(pods: readonly PodObject[], daemonSet: DaemonSetObject | undefined): Sufferer[] {
  const waiting = pods.filter(waitsForVolumes).map(({ metadata: { namespace, uid = '' } }) => {
    return { namespace, uid, reason: 'FailedMount' } as const;
  });
  const wanted = daemonSet?.status?.desiredNumberScheduled ?? 0;
  if (daemonSet === undefined || wanted <= pods.length) return waiting;
  const { namespace, uid = '' } = daemonSet.metadata;
  return [...waiting, { namespace, uid, reason: 'FailedCreate' }];
}

function timeOf({ lastTimestamp, metadata }: CoreEvent): string {
  return lastTimestamp ?? metadata.creationTimestamp ?? '';
}
