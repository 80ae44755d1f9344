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
  started(workers: number): void;
  working(count: number): void;
  /** `duration` in ms. */
  reconciled(outcome: ReconcileOutcome, duration: number): void;
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
  return {
    contentType: registry.contentType,
    scrape: () => registry.metrics(),
    request: ({ code, method, host }) =>
      requests.inc({ code: code === 0 ? '<error>' : String(code), method, host }),
    leading: (status) => master.set({ name: leaseName }, status === 'leader' ? 1 : 0),
    ofController: (name) => ({ ...reconciles(name), ...queues(name) }),
  };
}

type ReconcileObserver = Pick<ControllerMetrics, 'started' | 'working' | 'reconciled'>;

function reconcileMetrics(registry: Registry): (controller: string) => ReconcileObserver {
  const labelled = { labelNames: ['controller'], registers: [registry] };
  const total = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Total number of reconciliations per controller',
    labelNames: ['controller', 'result'],
    registers: [registry],
  });
  const errors = new Counter({
    name: 'controller_runtime_reconcile_errors_total',
    help: 'Total number of reconciliation errors per controller',
    ...labelled,
  });
  const time = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Length of time per reconciliation per controller',
    buckets: reconcileBuckets,
    ...labelled,
  });
  const active = new Gauge({
    name: 'controller_runtime_active_workers',
    help: 'Number of currently used workers per controller',
    ...labelled,
  });
  const most = new Gauge({
    name: 'controller_runtime_max_concurrent_reconciles',
    help: 'Maximum number of concurrent reconciles per controller',
    ...labelled,
  });
  return (controller) => {
    for (const result of ['success', 'error', 'requeue', 'requeue_after'])
      total.inc({ controller, result }, 0);
    errors.inc({ controller }, 0);
    return {
      started: (workers) => most.set({ controller }, workers),
      working: (count) => active.set({ controller }, count),
      reconciled(result, duration) {
        total.inc({ controller, result });
        if (result === 'error') errors.inc({ controller });
        time.observe({ controller }, duration / 1000);
      },
    };
  };
}

function queueMetrics(registry: Registry): (name: string) => QueueObserver {
  const labelled = { labelNames: ['name'], registers: [registry] };
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
    depth.set({ name }, 0);
    adds.inc({ name }, 0);
    retries.inc({ name }, 0);
    return {
      added: () => adds.inc({ name }),
      taken: (waited) => waits.observe({ name }, waited / 1000),
      retried: () => retries.inc({ name }),
      depth: (count) => depth.set({ name }, count),
    };
  };
}
