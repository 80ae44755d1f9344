import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createOperatorMetrics } from '../../src/operator/metrics.ts';

/** Of controller-runtime and client-go, letter by letter: dashboards made for those have to work. */
const expected = [
  'controller_runtime_active_workers{controller}',
  'controller_runtime_max_concurrent_reconciles{controller}',
  'controller_runtime_reconcile_errors_total{controller}',
  'controller_runtime_reconcile_panics_total{controller}',
  'controller_runtime_reconcile_time_seconds_bucket{controller,le}',
  'controller_runtime_reconcile_time_seconds_count{controller}',
  'controller_runtime_reconcile_time_seconds_sum{controller}',
  'controller_runtime_reconcile_total{controller,result}',
  'controller_runtime_terminal_reconcile_errors_total{controller}',
  'leader_election_master_status{name}',
  'rest_client_requests_total{code,host,method}',
  'workqueue_adds_total{controller,name}',
  'workqueue_depth{controller,name}',
  'workqueue_longest_running_processor_seconds{controller,name}',
  'workqueue_queue_duration_seconds_bucket{controller,le,name}',
  'workqueue_retries_total{controller,name}',
  'workqueue_unfinished_work_seconds{controller,name}',
  'workqueue_work_duration_seconds_bucket{controller,le,name}',
];

describe('the metrics of the operator', () => {
  it('have controller-runtime’s names and labels verbatim', async () => {
    const metrics = createOperatorMetrics('vpn-operator');
    const controller = metrics.ofController('vpnuser');
    controller.started(16, () => [1500, 500]);
    controller.added();
    controller.taken(5);
    controller.working(1);
    for (const outcome of ['success', 'error', 'requeue_after'] as const) controller.reconciled(outcome, 12);
    controller.retried();
    controller.depth(0);
    metrics.leading('leader');
    metrics.request({ code: 200, method: 'GET', host: '10.96.0.1:443' });
    const text = await metrics.scrape();
    const shown = new Set(
      [...text.matchAll(/^(\w+)\{([^}]*)\}/gm)].map(([, name, labels = '']) => {
        const names = [...labels.matchAll(/(\w+)="/g)].map(([, label = '']) => label);
        return `${name}{${names.sort().join()}}`;
      }),
    );
    assert.deepEqual(
      expected.filter((series) => !shown.has(series)),
      [],
      [...shown].sort().join('\n'),
    );
    assert.match(text, /controller_runtime_reconcile_total\{controller="vpnuser",result="requeue_after"\} 1/);
    assert.match(text, /workqueue_unfinished_work_seconds\{name="vpnuser",controller="vpnuser"\} 2/);
    assert.match(text, /workqueue_longest_running_processor_seconds\{.*\} 1\.5/);
    assert.match(text, /leader_election_master_status\{name="vpn-operator"\} 1/);
    assert.match(text, /controller_runtime_reconcile_errors_total\{controller="vpnuser"\} 1/);
  });
});
