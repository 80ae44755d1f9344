// The operator's metrics, under the names that controller-runtime and client-go give theirs, so that dashboards made
// for those work here.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { RequestObserver } from './kube/api-client.ts';
import type { QueueObserver } from './work-queue.ts';

const reconcileBuckets = [
  ...[0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
  ...[1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60],
];
const queueBuckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000];

export type ReconcileOutcome = 'success' | 'error' | 'requeue_after';

export interface ControllerMetrics extends QueueObserver {
  /** `running`: how long each work under way has taken so far, ms. */
  started(workers: number, running: () => readonly number[]): void;
  working(count: number): void;
  /** `duration` in ms. A `bug` is an error that no server sent. */
  reconciled(outcome: ReconcileOutcome, duration: number, cause?: 'bug' | undefined): void;
}

export interface OperatorMetrics {
  readonly contentType: string;
  scrape(): Promise<string>;
  ofController(name: string): ControllerMetrics;
  readonly request: RequestObserver;
  leading(isLeader: 'leader' | 'candidate'): void;
}

export function createOperatorMetrics(leaseName: string): OperatorMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const kind of ['handles', 'requests', 'resources'])
    registry.removeSingleMetric(`nodejs_active_${kind}_total`);
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Number of HTTP requests, partitioned by status code, method, and host.',
    labelNames: ['code', 'method', 'host'],
    registers: [registry],
  });
  const master = new Gauge({
    name: 'leader_election_master_status',
    help: 'Gauge of if the reporting system is master of the relevant lease, 0 indicates backup, 1 indicates master.',
    labelNames: ['name'],
    registers: [registry],
  });
  const reconciles = reconcileMetrics(registry);
  const queues = queueMetrics(registry);
  const works = workMetrics(registry);
  return {
    contentType: registry.contentType,
    scrape: () => registry.metrics(),
    request: ({ code, method, host }) =>
      requests.inc({ code: code === 0 ? '<error>' : String(code), method, host }),
    leading: (status) => master.set({ name: leaseName }, status === 'leader' ? 1 : 0),
    ofController(name) {
      const [reconcile, work] = [reconciles(name), works(name)];
      return {
        ...queues(name),
        working: reconcile.working,
        started(workers, running) {
          reconcile.started(workers);
          work.watch(running);
        },
        reconciled(outcome, duration, cause) {
          reconcile.reconciled(outcome, duration, cause);
          work.done(duration);
        },
      };
    },
  };
}

type ReconcileObserver = Pick<ControllerMetrics, 'working' | 'reconciled'> & {
  started(workers: number): void;
};

function reconcileMetrics(registry: Registry): (controller: string) => ReconcileObserver {
  const labelled = { labelNames: ['controller'], registers: [registry] };
  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Total number of reconciliations per controller',
    labelNames: ['controller', 'result'],
    registers: [registry],
  });
  const counter = (name: string, help: string) => new Counter({ name, help, ...labelled });
  const errors = counter(
    'controller_runtime_reconcile_errors_total',
    'Total number of reconciliation errors per controller',
  );
  const panics = counter(
    'controller_runtime_reconcile_panics_total',
    'Total number of reconciliation panics per controller',
  );
  const terminal = counter(
    'controller_runtime_terminal_reconcile_errors_total',
    'Total number of terminal reconciliation errors per controller',
  );
  const time = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Length of time per reconciliation per controller',
    buckets: reconcileBuckets,
    ...labelled,
  });
  const { active, most } = workerGauges(registry);
  return (controller) => {
    for (const result of ['success', 'error', 'requeue', 'requeue_after'])
      total.inc({ controller, result }, 0);
    for (const each of [errors, panics, terminal]) each.inc({ controller }, 0);
    return {
      started: (workers) => most.set({ controller }, workers),
      working: (count) => active.set({ controller }, count),
      reconciled(result, duration, cause) {
        total.inc({ controller, result });
        if (cause === 'bug') panics.inc({ controller });
        if (result === 'error') errors.inc({ controller });
        time.observe({ controller }, duration / 1000);
      },
    };
  };
}

function workerGauges(registry: Registry): { active: Gauge; most: Gauge } {
  const labelled = { labelNames: ['controller'], registers: [registry] };
  const gauge = (name: string, help: string) => new Gauge({ name, help, ...labelled });
  const active = gauge(
    'controller_runtime_active_workers',
    'Number of currently used workers per controller',
  );
  const most = gauge(
    'controller_runtime_max_concurrent_reconciles',
    'Maximum number of concurrent reconciles per controller',
  );
  return { active, most };
}

/** controller-runtime has both, with the same value. */
const queueLabels = ['name', 'controller'];

function queueMetrics(registry: Registry): (name: string) => QueueObserver {
  const labelled = { labelNames: queueLabels, registers: [registry] };
  const depth = new Gauge({ name: 'workqueue_depth', help: 'Current depth of workqueue', ...labelled });
  const adds = new Counter({
    name: 'workqueue_adds_total',
    help: 'Total number of adds handled by workqueue',
    ...labelled,
  });
  const retries = new Counter({
    name: 'workqueue_retries_total',
    help: 'Total number of retries handled by workqueue',
    ...labelled,
  });
  const waits = new Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'How long in seconds an item stays in workqueue before being requested',
    buckets: queueBuckets,
    ...labelled,
  });
  return (name) => {
    const labels = { name, controller: name };
    depth.set(labels, 0);
    adds.inc(labels, 0);
    retries.inc(labels, 0);
    return {
      added: () => adds.inc(labels),
      taken: (waited) => waits.observe(labels, waited / 1000),
      retried: () => retries.inc(labels),
      depth: (count) => depth.set(labels, count),
    };
  };
}

interface WorkObserver {
  watch(running: () => readonly number[]): void;
  /** ms. */
  done(duration: number): void;
}

function workMetrics(registry: Registry): (name: string) => WorkObserver {
  const labelled = { labelNames: queueLabels, registers: [registry] };
  const watched = new Map<string, () => readonly number[]>();
  const seconds = (running: () => readonly number[]) => running().map((time) => time / 1000);
  const gauge = (name: string, help: string, value: (times: number[]) => number) =>
    new Gauge({
      ...{ name, help, ...labelled },
      collect() {
        for (const [controller, running] of watched)
          this.set({ name: controller, controller }, value(seconds(running)));
      },
    });
  gauge(
    'workqueue_unfinished_work_seconds',
    'How many seconds of work has been done that is in progress and has not been observed by work_duration',
    (times) => times.reduce((sum, time) => sum + time, 0),
  );
  gauge(
    'workqueue_longest_running_processor_seconds',
    'How many seconds has the longest running processor for workqueue been running',
    (times) => Math.max(0, ...times),
  );
  const durations = new Histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'How long in seconds processing an item from workqueue takes',
    buckets: queueBuckets,
    ...labelled,
  });
  return (name) => ({
    watch: (running) => watched.set(name, running),
    done: (duration) => durations.observe({ name, controller: name }, duration / 1000),
  });
}
