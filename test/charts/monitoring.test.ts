// Alerts and dashboard: every metric and label in them exists, promtool takes the rules, and they fire when they should.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import { stringify } from 'yaml';
import { alerts } from '../../scripts/generate/chart/alerts.ts';
import { sessionsDashboard } from '../../scripts/generate/chart/dashboard.ts';
import { serverMetrics, sessionMetrics } from '../../src/gateway/metric-definitions.ts';
import { createOperatorMetrics } from '../../src/operator/metrics.ts';

const rules = resolve(import.meta.dirname, '../../charts/vpn-operator/files/alerts.yaml');
const hasPromtool = spawnSync('promtool', ['--version'], { stdio: 'ignore' }).status === 0;
const skip = hasPromtool ? false : 'needs promtool (Debian: prometheus)';
const folder = mkdtempSync(join(tmpdir(), 'alerts-'));
after(() => rmSync(folder, { recursive: true }));

interface Panel {
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets: { expr: string }[];
}

const { panels } = JSON.parse(sessionsDashboard()) as { panels: Panel[] };
const dashboardExpressions = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

async function knownMetrics(): Promise<Set<string>> {
  const operator = createOperatorMetrics('vpn-operator');
  operator.ofController('vpnserver');
  operator.leading('leader');
  const names = [...(await operator.scrape()).matchAll(/^# TYPE (\S+)/gm)].map((match) => match[1] ?? '');
  const gateway = [...sessionMetrics, ...Object.values(serverMetrics)].map(({ name }) => name);
  return new Set([...names, ...gateway, 'up']);
}

/** Names before a selector or a range: all that is no function, label or keyword. */
function metricsOf(expression: string): string[] {
  return [
    ...expression.matchAll(
      /\b((?:vpn|controller_runtime|leader_election|workqueue|rest_client)_\w+|up(?=\{))/g,
    ),
  ].map((match) => match[1] ?? '');
}

describe('alerts and dashboard', () => {
  it('ask for metrics that the gateway or the operator has', async () => {
    const known = await knownMetrics();
    for (const expression of [...alerts.map(({ expr }) => expr), ...dashboardExpressions]) {
      const asked = metricsOf(expression);
      assert.ok(asked.length > 0, expression);
      assert.deepEqual(
        asked.filter((name) => !known.has(name)),
        [],
        expression,
      );
    }
  });

  it('show each panel once, beside and below each other', () => {
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    assert.equal(new Set(cells).size, cells.length);
    assert.equal(new Set(panels.map(({ title }) => title)).size, panels.length);
  });

  it('are rules that promtool takes', { skip }, () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', rules], { encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
  });

  it('fire when they should, and only then', { skip }, () => {
    const labels = { namespace: 'vpn', server: 'office' };
    const series = (name: string, more: string, values: string) => ({
      series: `${name}{namespace="vpn",server="office"${more}}`,
      values,
    });
    const fires = (eval_time: string, alertname: string, exp_labels?: Record<string, string>) => ({
      eval_time,
      alertname,
      exp_alerts: exp_labels === undefined ? [] : [{ exp_labels, exp_annotations: annotationsOf(alertname) }],
    });
    const test = {
      rule_files: [rules],
      evaluation_interval: '1m',
      tests: [
        {
          name: 'addresses run out after some time',
          interval: '1m',
          input_series: [
            series('vpn_addresses', ',state="free"', '100x9 3x60'),
            series('vpn_addresses', ',state="used"', '0x9 97x60'),
          ],
          alert_rule_test: [
            fires('15m', 'VpnAddressesAlmostExhausted'),
            fires('25m', 'VpnAddressesAlmostExhausted', { ...labels, severity: 'warning' }),
          ],
        },
        {
          name: 'no GRE, and nobody gets in; somebody gets in, and it is one client of many',
          interval: '1m',
          input_series: [
            series('vpn_logins_total', ',result="no_gre"', '0+1x120'),
            series('vpn_logins_total', ',result="success"', '5x60 5+1x60'),
          ],
          alert_rule_test: [
            fires('50m', 'VpnGreBlocked', { ...labels, severity: 'warning' }),
            fires('100m', 'VpnGreBlocked'),
          ],
        },
        {
          name: 'a gateway is gone',
          interval: '1m',
          input_series: [{ series: 'up{job="vpn/office-vpn-gateway",instance="node1"}', values: '1x5 0x10' }],
          alert_rule_test: [
            fires('6m', 'VpnGatewayDown'),
            fires('10m', 'VpnGatewayDown', {
              job: 'vpn/office-vpn-gateway',
              instance: 'node1',
              severity: 'critical',
            }),
          ],
        },
        {
          name: 'two operators, one leads; then none',
          interval: '1m',
          input_series: [
            { series: 'leader_election_master_status{name="vpn-operator",pod="a"}', values: '1x5 0x10' },
            { series: 'leader_election_master_status{name="vpn-operator",pod="b"}', values: '0x15' },
          ],
          alert_rule_test: [
            fires('4m', 'VpnOperatorWithoutLeader'),
            fires('9m', 'VpnOperatorWithoutLeader', { severity: 'critical' }),
          ],
        },
      ],
    };
    const file = join(folder, 'test.yaml');
    writeFileSync(file, stringify(test));
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
  });
});

/** With their placeholders filled in for the series of the tests above. */
function annotationsOf(name: string): Record<string, string> {
  const alert = alerts.find((candidate) => candidate.name === name);
  const filled = (alert?.description ?? '')
    .replaceAll('{{ $labels.namespace }}', 'vpn')
    .replaceAll('{{ $labels.server }}', 'office')
    .replaceAll('{{ $labels.instance }}', 'node1')
    .replaceAll('{{ $labels.job }}', 'vpn/office-vpn-gateway');
  return {
    summary: alert?.summary ?? '',
    description: filled,
    runbook_url: `docs/alerts.md#${name.toLowerCase()}`,
  };
}
