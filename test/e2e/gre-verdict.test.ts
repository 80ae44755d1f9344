// Paths that carry TCP but not our GRE, each in its own way, with a real Linux client: what the log and the metric say, and
// how soon after the call was set up.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GreVerdict } from '../../src/gateway/gre-verdict.ts';
import { alice, bob, twoUsers } from '../support/lab/documents.ts';
import type { Namespace } from '../support/lab/namespaces.ts';
import { addresses } from '../support/lab/topology.ts';
import { cannotRun, shareWorld } from '../support/lab/world.ts';

const aliceCalls = { user: alice.name, password: alice.password };
const bobCalls = { user: bob.name, password: bob.password };
const mangle = (rule: string) => `chain mangle { type filter hook postrouting priority mangle;
  oifname "wan0" ip protocol gre ${rule}
}`;

describe('the verdict on a path that carries no GRE comes within 10 s of the call', {
  skip: cannotRun,
}, () => {
  const world = shareWorld({ documents: twoUsers(), machines: 2 });

  it('nothing received: a filter drops GRE towards the server', async (t) => {
    await world.lab.setConditions({ greFilter: 'toServer' });
    t.diagnostic(
      await dialUntil('nothing_received', /no GRE packet came from 192\.168\.1\.10, although TCP/),
    );
  });

  it('one way: a filter drops GRE towards the client', async (t) => {
    await world.lab.setConditions({ greFilter: 'toClient' });
    t.diagnostic(await dialUntil('one_way', /its GRE comes, but no GRE packet of ours reaches it/));
  });

  it('other address: GRE leaves by another address than TCP', async (t) => {
    await withTable(world.lab.home, mangle('ip saddr set 203.0.113.9'), async () => {
      const said = /its GRE came from 203\.0\.113\.9 instead of 192\.168\.1\.10/;
      t.diagnostic(await dialUntil('other_address', said));
    });
  });

  it('rewritten call id: a NAT writes a call id that nobody agreed to', async (t) => {
    await withTable(world.lab.home, mangle('@th,48,16 set 0xbad1'), async () => {
      const said = /GRE came from 192\.168\.1\.10 with a call id that was never agreed/;
      t.diagnostic(await dialUntil('rewritten_call_id', said));
    });
  });

  it('NAT conflict: the NAT gives all GRE to the client that came first', async (t) => {
    await world.lab.setNat('greToFirstClient');
    await (await world.dial(bobCalls)).up();
    const said = /another client behind 203\.0\.113\.2 already has a session/;
    t.diagnostic(await dialUntil('nat_conflict', said, 1));
  });

  it('NAT conflict: the NAT gives all GRE to the client that came last, and the one before hears nothing more', async (t) => {
    await world.lab.setNat('greToFirstClient');
    await (await world.dial(bobCalls)).up();
    const takeover = `chain takeover { type filter hook prerouting priority -299;
      iifname "wan0" ip protocol gre ip daddr set ${addresses.machine(2)}
    }`;
    await withTable(world.lab.home, takeover, async () => {
      const pings = world.machine().run('ping -q -c 60 -i 0.2 -W 1 10.77.0.1 || true');
      const said =
        /bob from 203\.0\.113\.2 is connected, but a second client behind 203\.0\.113\.2 has dialled/;
      t.diagnostic(await dialUntil('nat_conflict', said, 1));
      await pings;
    });
  });

  it('large lost: LCP is fine, and no packet of 576 bytes passes', async (t) => {
    const squeeze =
      'chain forward { type filter hook forward priority 0; ip protocol gre meta length > 400 drop; }';
    await withTable(world.lab.router, squeeze, async () => {
      const said = /small packets pass, and none of 576 bytes or more does/;
      t.diagnostic(await dialUntil('large_lost', said));
    });
  });

  /** Dials, waits for the log line, and returns how long it took after the call was set up. */
  async function dialUntil(verdict: GreVerdict, said: RegExp, machine = 0): Promise<string> {
    const { server } = world;
    const count = async () => (await server.metric('vpn_gre_verdicts_total', { verdict })) ?? 0;
    const before = await count();
    const since = server.mark();
    await world.dial(aliceCalls, world.machine(machine));
    const connected = timeOf(await server.said(/ connected"/, { since, timeout: 20_000 }));
    const judged = timeOf(await server.said(said, { since, timeout: 15_000 }));
    const seconds = (judged - connected) / 1000;
    assert.ok(seconds <= 10, `${seconds} s`);
    assert.equal(await count(), before + 1);
    return `${verdict} after ${seconds.toFixed(1)} s`;
  }
});

/** ms since the epoch. */
function timeOf(line: string): number {
  return Date.parse((JSON.parse(line) as { time: string }).time);
}

async function withTable(namespace: Namespace, chains: string, test: () => Promise<void>): Promise<void> {
  await namespace.nftTable('spoilt', chains);
  await test().finally(() => namespace.nftTable('spoilt', ''));
}
