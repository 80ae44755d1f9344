// Paths that carry less than 1500 bytes, and say so or not, with a real Linux client. The whole table is
// `make path-mtu-table`; here are 14 rows of it, in which each path, filter and MRU comes up.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { capture } from '../support/lab/capture.ts';
import { eventually } from '../support/lab/commands.ts';
import { assertAnswers, assertDatagramsPass } from '../support/lab/datagrams.ts';
import { alice, bob, vpnUser } from '../support/lab/documents.ts';
import { fragmentationNeeded, inject } from '../support/lab/forged-packets.ts';
import { officeFileHash } from '../support/lab/office-files.ts';
import { documentsFor, type Filter, nameOf, type PathCase, possibleMtu } from '../support/lab/path-matrix.ts';
import { runCase, settledMtu } from '../support/lab/path-run.ts';
import { addresses } from '../support/lab/topology.ts';
import { cannotRun, shareWorld } from '../support/lab/world.ts';

const megabyte = 1_000_000;
const silent: Filter = 'no ICMP, no fragments';
const cases: readonly PathCase[] = [
  [1500, 'ICMP passes', 1500],
  [1500, silent, 1000],
  [1492, 'no ICMP', 1450],
  [1492, silent, 1500],
  [1454, 'ICMP passes', 1400],
  [1454, 'no ICMP', 1500],
  [1454, silent, 1450],
  [1438, silent, 1400],
  [1438, 'ICMP passes', 1450],
  [1400, silent, 1500],
  [1280, 'no ICMP', 1400],
  [1280, silent, 1450],
  [576, 'ICMP passes', 1500],
  [576, silent, 1000],
].map(([pathMtu, filter, clientMru]) => ({ pathMtu, filter, clientMru }) as PathCase);

const routes = ['192.168.80.0/24'];
const pptp = ['--nobuffer'];
const aliceCalls = { user: alice.name, password: alice.password, routes, pptp };
const bobCalls = { user: bob.name, password: bob.password, routes, pptp };
const blackHole = { mtu: 1454, icmp: 'filtered', fragments: 'dropped' } as const;

describe('on a path of', { skip: cannotRun }, () => {
  const world = shareWorld({ documents: documentsFor(cases) });
  for (const each of cases) {
    it(`${nameOf(each)}: a download and an upload work at the first try, and UDP of each size`, async (t) => {
      const place = {
        lab: world.lab,
        server: world.server,
        machine: world.machine(),
        dial: world.dial.bind(world),
      };
      const figures = await runCase(place, each, megabyte);
      assert.ok(figures.tunnelMtu >= possibleMtu(each) - 4);
      await assertDatagramsPass(world.machine(), world.lab.office, figures.tunnelMtu);
      t.diagnostic(JSON.stringify(figures));
    });
  }
});

describe('on a path that swallows large packets', { skip: cannotRun }, () => {
  const world = shareWorld({
    documents: { ...documentsFor([]), 'users.yaml': `${vpnUser(alice)}---\n${vpnUser(bob)}` },
  });

  it('the black hole is told in words, and the next dial begins with what was learned', async () => {
    await world.lab.setConditions(blackHole);
    const first = await world.dial(aliceCalls);
    await first.up();
    await world.server.said(
      /alice from 192\.168\.1\.10: the path takes 1454 bytes, our interface 1500, and no ICMP came back; inner MTU is now 1410/,
      { timeout: 10_000 },
    );
    await first.hangUp();
    await world.server.idle();
    const mark = world.server.mark();
    await (await world.dial(aliceCalls)).up();
    await world.server.said(/alice has address 10\.77\.0\.\d+, tunnel MTU 1410/, { since: mark });
  });

  it('UDP without DF passes at each size around the inner MTU, in pieces inside the tunnel if it must', async () => {
    await world.lab.setConditions(blackHole);
    await learnAnew();
    await (await world.dial(aliceCalls)).up();
    await settledMtu(world.server, 'alice', 1410);
    const wire = await capture(world.lab.undo, world.lab.home, 'wan0');
    const sizes = [1000, 1406, 1409, 1410, 1411, 1414, 1470, 1500, 4000];
    await assertAnswers(world.machine(), 'withoutDf', { sizes }, 'each size passes');
    await wire.stop();
    assert.ok((await wire.count('ip proto 47')) > 18);
    assert.equal(await wire.count('ip proto 47 and ip[6:2] & 0x3fff != 0'), 0, 'no fragment outside');
  });

  it('UDP with DF passes up to the inner MTU; above it the sender is told 1410, and passes at its next try', async () => {
    await world.lab.setConditions(blackHole);
    await learnAnew();
    await (await world.dial(aliceCalls)).up();
    await settledMtu(world.server, 'alice', 1410);
    const lan = await capture(world.lab.undo, world.lab.office, 'eth0');
    const sizes = [1000, 1406, 1409, 1410, 1411, 1411];
    const asked = { sizes, expected: [1000, 1406, 1409, 1410, 0, 1411] };
    await assertAnswers(world.machine(), 'withDf', asked, 'the office has learned and cuts by itself');
    await lan.stop();
    assert.equal(await lan.count('icmp[0] = 3 and icmp[1] = 4 and icmp[6:2] = 1410'), 1);
  });

  it('a path that shrinks under a download is found and cured within 10 s, and the connection survives', async (t) => {
    await (await world.dial(bobCalls)).up();
    await settledMtu(world.server, 'bob', 1456);
    const seconds = await downloadOverShrinking();
    t.diagnostic(`cured after ${seconds.toFixed(1)} s`);
    assert.ok(seconds <= 10, `${seconds} s`);
  });

  it('and also when no ICMP reaches the sender in the office (RFC 2923 §2.1)', async (t) => {
    await (await world.dial(bobCalls)).up();
    await settledMtu(world.server, 'bob', 1456);
    await world.lab.office.nftTable(
      'deaf',
      'chain input { type filter hook input priority 0; ip protocol icmp drop; }',
    );
    const seconds = await downloadOverShrinking().finally(() => world.lab.office.nftTable('deaf', ''));
    t.diagnostic(`cured after ${seconds.toFixed(1)} s`);
    assert.ok(seconds <= 10, `${seconds} s`);
    const pieces = await world.server.metric('vpn_session_fragments_sent_total', { user: 'bob' });
    assert.ok((pieces ?? 0) > 0);
  });

  it('3 % loss is not mistaken for size', async () => {
    await world.lab.setConditions({ ...blackHole, lossPerMille: 30 });
    let connection = await world.dial(aliceCalls);
    // pppd repeats no CHAP Response: a lost one costs the attempt.
    for (let tries = 1; (await connection.settled(40_000)) !== 'up' && tries < 3; tries++) {
      await connection.end();
      connection = await world.dial(aliceCalls);
    }
    await connection.up();
    await settledMtu(world.server, 'alice', 1410, 25_000);
    for (let look = 0; look < 10; look++) {
      const [session] = await world.server.sessions();
      assert.ok((session?.tunnelMTU ?? 0) >= 1406, `and stays: ${session?.tunnelMTU}`);
      await sleep(500);
    }
  });

  it('forged ICMP about the live call shrinks nothing that a fresh probe confirms, and about another call does nothing', async () => {
    await (await world.dial(bobCalls)).up();
    await settledMtu(world.server, 'bob', 1456);
    const callId = await callIdOnWire();
    const wire = await capture(world.lab.undo, world.lab.server, 'wan0');
    const before = await eventually('no probe under way', 25_000, async () => {
      const then = await probes();
      await sleep(2_000);
      return then === (await probes()) ? then : undefined;
    });
    await forgeIcmp(callId ^ 1, 600, 50);
    await sleep(2_000);
    assert.equal(await probes(), before, 'nobody looks because of a call that is not there');
    for (const mtu of [600, 68, 0]) await forgeIcmp(callId, mtu, 20);
    for (let look = 0; look < 10; look++) {
      const [session] = await world.server.sessions();
      assert.deepEqual([session?.pathMTU, session?.tunnelMTU], [1500, 1456]);
      await sleep(300);
    }
    await wire.stop();
    assert.equal(await wire.count('icmp[0] = 3 and icmp[1] = 4'), 50 + 3 * 20, 'the lies arrived');
    const looked = (await probes()) - before;
    assert.ok(looked > 0 && looked <= 16, `the lies made the server look, and not often: ${looked} probes`);
  });

  async function probes(): Promise<number> {
    return (await world.server.metric('vpn_session_path_mtu_probes_total', { user: 'bob' })) ?? Number.NaN;
  }

  /** Nothing that the office learned of the path earlier counts. */
  async function learnAnew(): Promise<void> {
    await world.lab.office.ip('route flush cache');
  }

  /** Seconds from the shrinking until the download moves again; then the rest must come, whole, in one connection. */
  async function downloadOverShrinking(): Promise<number> {
    const machine = world.machine();
    await learnAnew();
    await machine.run(
      `curl -sS --limit-rate 600k --max-time 90 -o /run/lab/slow http://${addresses.office}/8MB >/run/lab/slow.out 2>&1 &
       echo $! >/run/lab/slow.pid; sleep 2`,
    );
    const size = async () => Number(await machine.run('stat -c %s /run/lab/slow 2>/dev/null || echo 0'));
    await eventually('the download runs', 10_000, async () => ((await size()) > 100_000 ? 'so' : undefined));
    await world.lab.setConditions({ ...blackHole, mtu: 1400 });
    const begin = performance.now();
    const seconds = () => (performance.now() - begin) / 1000;
    await settledMtu(world.server, 'bob', 1356, 10_000);
    const found = await size();
    while ((await size()) < found + 100_000) {
      assert.ok(seconds() < 40, `the download stands still at ${found}`);
      await sleep(200);
    }
    const cured = seconds();
    const output = await machine.run(
      'while kill -0 $(cat /run/lab/slow.pid) 2>/dev/null; do sleep 0.2; done; sha256sum </run/lab/slow; cat /run/lab/slow.out',
      90_000,
    );
    assert.match(output, new RegExp(officeFileHash(8 * megabyte)), 'all came over the same connection');
    return cured;
  }

  /** As one who sees the call's packets could; who guesses its call id need not see them. */
  async function callIdOnWire(): Promise<number> {
    const wire = await capture(world.lab.undo, world.lab.home, 'wan0');
    await world.machine().run(`ping -c 2 -i 0.3 ${addresses.office}`);
    await wire.stop();
    const packets = await wire.lines(`ip proto 47 and src host ${addresses.server}`);
    return Number(/call (\d+)/.exec(packets[0] ?? '')?.[1]);
  }

  function forgeIcmp(callId: number, mtu: number, count: number): Promise<void> {
    const lie = { server: addresses.server, client: addresses.machine(1), callId, mtu };
    return inject(world.lab.home, fragmentationNeeded(lie), count);
  }
});
