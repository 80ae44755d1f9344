// Why pods wait for their volumes: only the kubelet's events say it. Asked for those pods alone, and not often.
import type { Clock } from '../clock.ts';
import { isForbidden } from '../kube/api-error.ts';
import type { Cluster } from '../kube/cluster.ts';
import type { KubeObject } from '../kube/object.ts';
import { coreEvents } from '../kube/resource.ts';
import type { PodObject } from '../objects.ts';
import { waitsForVolumes } from './gateway-state.ts';

interface CoreEvent extends KubeObject {
  message?: string;
  lastTimestamp?: string | null;
}

/** Mounting takes a moment; the first failure is told after about a second. */
const AskEvery = 5_000;

export class MountFailures {
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  readonly #asked = new Map<string, number>();
  readonly messages = new Map<string, string>();

  constructor(cluster: Cluster, clock: Clock) {
    this.#cluster = cluster;
    this.#clock = clock;
  }

  /** ms until it is worth looking again; undefined: no pod waits. */
  async look(pods: readonly PodObject[]): Promise<number | undefined> {
    const waiting = pods.filter(waitsForVolumes);
    for (const { metadata } of pods) {
      if (!waiting.some((pod) => pod.metadata.uid === metadata.uid)) this.#forget(metadata.uid ?? '');
    }
    await Promise.all(waiting.map((pod) => this.#ask(pod)));
    return waiting.length === 0 ? undefined : AskEvery;
  }

  #forget(uid: string): void {
    this.#asked.delete(uid);
    this.messages.delete(uid);
  }

  async #ask({ metadata: { namespace, uid = '' } }: PodObject): Promise<void> {
    const now = this.#clock.now();
    const asked = this.#asked.get(uid);
    this.#asked.set(uid, asked === undefined || now - asked >= AskEvery ? now : asked);
    if (asked === undefined || now - asked < AskEvery) return;
    try {
      const fieldSelector = `involvedObject.uid=${uid},reason=FailedMount`;
      const events = await this.#cluster.list<CoreEvent>(coreEvents, { namespace, fieldSelector });
      const latest = events.toSorted((one, other) => timeOf(one).localeCompare(timeOf(other))).at(-1);
      if (latest?.message !== undefined) this.messages.set(uid, latest.message);
    } catch (error) {
      // Then the pod's own events must do for whoever looks.
      if (!isForbidden(error)) throw error;
    }
  }
}

function timeOf({ lastTimestamp, metadata }: CoreEvent): string {
  return lastTimestamp ?? metadata.creationTimestamp ?? '';
}
