import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { serverMetrics, sessionMetrics } from '../../src/gateway/metric-definitions.ts';
import type { HostOperation, LoginResult, SessionEndReason } from '../../src/gateway/metric-labels.ts';
import type { GatewaySources } from '../../src/gateway/metric-samples.ts';
import { createGatewayMetrics, maximumSessionsWithSeries } from '../../src/gateway/metrics.ts';
import type { SessionSnapshot } from '../../src/gateway/session-view.ts';
import { snapshot } from './snapshot.ts';

const office = { namespace: 'vpn', name: 'office' };
const common = 'namespace="vpn",server="office"';
const alice = `${common},user="alice",address="10.77.0.2"`;

function start(changes: Partial<GatewaySources> = {}) {
  const metrics = createGatewayMetrics({ version: '0.1.0', nodeVersion: 'v24.21.0' });
  const sources = {
    sessions: () => [snapshot()],
    addresses: () => ({ used: 1, free: 252 }),
    greDiscarded: () => ({ unknown_call: 3, malformed: 0 }),
    ...changes,
  };
  return { metrics, recorder: metrics.attach(office, sources) };
}

function gatewayLines(text: string): string[] {
  return text.split('\n').filter((line) => line.startsWith('vpn_'));
}

describe("the gateway's metrics", () => {
  it('show a session as every dashboard expects it', async () => {
    const lines = gatewayLines(await start().metrics.scrape());
    const ofAlice = lines.filter((line) => line.includes('user='));
    assert.deepEqual(ofAlice, [
      `vpn_session_info{${alice},peer_address="192.0.2.7",encryption="MPPE-128-stateless"} 1`,
      `vpn_session_start_time_seconds{${alice}} 1767225600.25`,
      `vpn_session_round_trip_seconds{${alice}} 0.012`,
      `vpn_session_received_bytes_total{${alice}} 1001`,
      `vpn_session_sent_bytes_total{${alice}} 2002`,
      `vpn_session_received_packets_total{${alice}} 31`,
      `vpn_session_sent_packets_total{${alice}} 42`,
      `vpn_session_pmtu_drops_total{${alice},direction="to_client",reason="inner"} 2`,
      `vpn_session_pmtu_drops_total{${alice},direction="to_client",reason="outer"} 1`,
      `vpn_session_pmtu_drops_total{${alice},direction="from_client",reason="inner"} 0`,
      `vpn_session_pmtu_drops_total{${alice},direction="from_client",reason="outer"} 4`,
      `vpn_session_path_mtu_bytes{${alice}} 1454`,
      `vpn_session_tunnel_mtu_bytes{${alice}} 1410`,
      `vpn_session_path_mtu_probes_total{${alice},outcome="echoed"} 12`,
      `vpn_session_path_mtu_probes_total{${alice},outcome="acknowledged"} 3`,
      `vpn_session_path_mtu_probes_total{${alice},outcome="lost"} 4`,
      `vpn_session_fragments_sent_total{${alice}} 10`,
      `vpn_session_clamped_syns_total{${alice}} 9`,
      `vpn_session_fragmentation_needed_sent_total{${alice}} 11`,
      `vpn_session_gre_lost_packets_total{${alice}} 5`,
      `vpn_session_gre_reordered_packets_total{${alice}} 6`,
      `vpn_session_gre_duplicate_packets_total{${alice}} 7`,
      `vpn_session_discarded_packets_total{${alice},reason="mppe_late"} 8`,
    ]);
  });

  it('show the server', async () => {
    const { metrics, recorder } = start();
    recorder.countLogin('success');
    recorder.countLogin('bad_credentials');
    recorder.countLogin('bad_credentials');
    recorder.countSessionEnd('peer_terminated');
    recorder.countHostError('gre_send', 'EMSGSIZE', 2);
    recorder.countHostError('gre_send', 'EMSGSIZE');
    const lines = gatewayLines(await metrics.scrape());
    for (const expected of [
      `vpn_build_info{${common},version="0.1.0",node_version="v24.21.0"} 1`,
      `vpn_sessions{${common}} 1`,
      `vpn_sessions_without_series{${common}} 0`,
      `vpn_logins_total{${common},result="success"} 1`,
      `vpn_logins_total{${common},result="bad_credentials"} 2`,
      `vpn_logins_total{${common},result="expired"} 0`,
      `vpn_session_ends_total{${common},reason="peer_terminated"} 1`,
      `vpn_session_ends_total{${common},reason="keepalive_timeout"} 0`,
      `vpn_gre_discarded_packets_total{${common},reason="unknown_call"} 3`,
      `vpn_host_errors_total{${common},operation="gre_send",errno="EMSGSIZE"} 3`,
      `vpn_addresses{${common},state="used"} 1`,
      `vpn_addresses{${common},state="free"} 252`,
    ]) {
      assert.ok(lines.includes(expected), expected);
    }
  });

  it('carry namespace and server on every gateway series, and each series once', async () => {
    const lines = gatewayLines(await start().metrics.scrape());
    for (const line of lines) assert.match(line, /^vpn_\w+\{namespace="vpn",server="office"[,}]/);
    const names = lines.map((line) => line.slice(0, line.lastIndexOf(' ')));
    assert.equal(new Set(names).size, names.length);
  });

  it('carry the labels that their definitions declare, no more', async () => {
    const { metrics, recorder } = start();
    recorder.countHostError('tun_write', 'EIO');
    recorder.countControlDiscard('forged');
    const labels = new Map<string, string>();
    for (const line of gatewayLines(await metrics.scrape())) {
      const [name = '', rest = ''] = line.split('{');
      labels.set(name, [...rest.matchAll(/(\w+)="/g)].map((match) => match[1]).join());
    }
    for (const definition of [...sessionMetrics, ...Object.values(serverMetrics)]) {
      assert.equal(
        labels.get(definition.name),
        ['namespace', 'server', ...definition.labels].join(),
        definition.name,
      );
    }
  });

  it("lose a session's series with the session", async () => {
    let sessions: SessionSnapshot[] = [snapshot()];
    const { metrics } = start({ sessions: () => sessions });
    assert.match(await metrics.scrape(), /user="alice"/);
    sessions = [];
    const text = await metrics.scrape();
    assert.ok(!text.includes('alice'));
    assert.match(text, /^vpn_sessions\{namespace="vpn",server="office"\} 0$/m);
  });

  it('lose all series of a detached server, and keep the others', async () => {
    const { metrics, recorder } = start();
    metrics.attach(
      { namespace: 'vpn', name: 'lab' },
      { sessions: () => [], addresses: () => ({ used: 0, free: 1 }), greDiscarded: () => ({}) },
    );
    recorder.detach();
    const text = await metrics.scrape();
    assert.ok(!text.includes('office'));
    assert.match(text, /server="lab"/);
  });

  it('give series to 2,000 sessions of the process and count the rest', async () => {
    const many = (first: number) =>
      Array.from({ length: 1500 }, (_, i) => snapshot({ user: `u${first + i}`, address: first + i }));
    const { metrics } = start({ sessions: () => many(0) });
    metrics.attach(
      { namespace: 'vpn', name: 'lab' },
      { sessions: () => many(5000), addresses: () => ({ used: 0, free: 1 }), greDiscarded: () => ({}) },
    );
    const lines = gatewayLines(await metrics.scrape());
    assert.equal(
      lines.filter((line) => line.startsWith('vpn_session_info{')).length,
      maximumSessionsWithSeries,
    );
    assert.ok(lines.includes(`vpn_sessions{${common}} 1500`));
    assert.ok(lines.includes(`vpn_sessions_without_series{${common}} 0`));
    assert.ok(lines.includes('vpn_sessions_without_series{namespace="vpn",server="lab"} 1000'));
  });

  it('gain no series from what strangers send', async () => {
    const { metrics, recorder } = start();
    const count = async () => gatewayLines(await metrics.scrape()).length;
    recorder.countLogin('other');
    recorder.countSessionEnd('other');
    recorder.countHostError('other', 'OTHER');
    recorder.countControlDiscard('other');
    const before = await count();
    for (let i = 0; i < 100_000; i++) {
      recorder.countLogin(`evil-${i}` as LoginResult);
      recorder.countSessionEnd(`evil-${i}` as SessionEndReason);
      recorder.countHostError(`evil-${i}` as HostOperation, `E${i}`);
      recorder.countControlDiscard(`evil-${i}`);
    }
    for (const inherited of ['constructor', '__proto__', 'toString'])
      recorder.countLogin(inherited as LoginResult);
    assert.equal(await count(), before);
  });

  it('leave out a part that fails, count it, and show the rest', async () => {
    const failing = () => {
      throw new Error('the pool is being rebuilt');
    };
    const { metrics } = start({ addresses: failing, greDiscarded: failing });
    const text = await metrics.scrape();
    assert.match(text, /vpn_session_received_bytes_total\{.*\} 1001/);
    assert.match(text, /vpn_collect_errors_total\{.*source="addresses"\} 1/);
    assert.match(text, /vpn_collect_errors_total\{.*source="discards"\} 1/);
    assert.ok(!text.includes('vpn_addresses{'));
  });

  it('survive a session that cannot be read', async () => {
    const broken = { ...snapshot(), totals: undefined } as unknown as SessionSnapshot;
    const text = await start({ sessions: () => [broken] }).metrics.scrape();
    assert.match(text, /vpn_session_info\{.*\} 1/);
    assert.match(text, /vpn_addresses\{.*state="free"\} 252/);
    assert.match(text, /source="render"\} [1-9]/);
  });

  it('answer simultaneous scrapes with one and the same work', async () => {
    let asked = 0;
    const sessions = () => {
      asked += 1;
      return [snapshot()];
    };
    const { metrics } = start({ sessions });
    const [first, second] = await Promise.all([metrics.scrape(), metrics.scrape()]);
    assert.equal(first, second);
    assert.equal(asked, 1);
    await metrics.scrape();
    assert.equal(asked, 2);
  });

  const promtool = spawnSync('promtool', ['--version']).error === undefined;
  it('pass promtool', {
    skip: promtool ? false : 'promtool is not installed (Debian: prometheus)',
  }, async () => {
    const { metrics, recorder } = start();
    recorder.countHostError('tun_write', 'EIO');
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: await metrics.scrape(),
      encoding: 'utf8',
    });
    assert.deepEqual([stdout + stderr, status], ['', 0]);
  });
});
