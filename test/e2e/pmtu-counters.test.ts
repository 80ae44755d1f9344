// vpn_session_pmtu_drops_total against tcpdump, packet for packet, with a real Linux client. What no real sender can make
// (`unfragmentable`, `too_large` from the client) is proven on the data path alone, in test/protocol/datapath/mtu.test.ts.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Capture, capture } from '../support/lab/capture.ts';
import { alice, twoUsers } from '../support/lab/documents.ts';
import { settledMtu } from '../support/lab/path-run.ts';
import { addresses } from '../support/lab/topology.ts';
import { cannotRun, shareWorld } from '../support/lab/world.ts';

const aliceCalls = { user: alice.name, password: alice.password, routes: ['192.168.80.0/24'] };
const reasons = ['fragmentation_needed', 'icmp_limited', 'unfragmentable', 'message_too_long'] as const;
/** GRE with MPPE in it (protocol 0x00fd), not a probe; behind a header of 16 bytes, or of 12 without acknowledgment. */
const carriesData =
  'ip proto 47 and ((ip[21] & 0x80 != 0 and ip[38:2] = 0xfd) or (ip[21] & 0x80 = 0 and ip[34:2] = 0xfd))';
/** The office is told ten times a second, and ten times more at first. */
const tooMany = 80;
const deafOffice = 'chain input { type filter hook input priority 0; ip protocol icmp drop; }';

describe('packets that are too large are counted exactly', { skip: cannotRun }, () => {
  const world = shareWorld({ documents: twoUsers() });

  it('told, untold and cut ones, at a path of 1454 bytes', async (t) => {
    await connect({ mtu: 1454, icmp: 'filtered', fragments: 'dropped' }, 1410);
    await world.lab.office.nftTable('deaf', deafOffice);
    const lan = await capture(world.lab.undo, world.lab.server, 'lan0');
    await askFor(1450, tooMany);
    await askFor(1410, 7);
    await askFor(1450, 9, 7778);
    await settle(lan);
    await world.lab.office.nftTable('deaf', '');

    const withDf = await lan.count('udp src port 7777 and ip[2:2] = 1450 and ip[6:2] = 0x4000');
    const told = await lan.count('icmp[0] = 3 and icmp[1] = 4 and icmp[6:2] = 1410');
    assert.equal(withDf, tooMany);
    assert.ok(told >= 10 && told < tooMany, `${told} were told`);
    const drops = await dropsByReason();
    t.diagnostic(`${withDf} too large, ${told} told: ${JSON.stringify(drops)}`);
    assert.deepEqual(drops, {
      fragmentation_needed: told,
      icmp_limited: withDf - told,
      unfragmentable: 0,
      message_too_long: 0,
    });
    assert.equal(await world.server.metric('vpn_session_fragmentation_needed_sent_total'), told);
    assert.equal(await world.server.metric('vpn_session_fragments_sent_total'), 2 * 9);
    const fromClient = { direction: 'from_client', reason: 'too_large' };
    assert.equal(await world.server.metric('vpn_session_pmtu_drops_total', fromClient), 0);
  });

  it("those that the server's own host refuses (EMSGSIZE), and no probe among them", async (t) => {
    await connect({}, 1456);
    const { server } = world.lab;
    const device =
      /: (\S+?)[:@]/.exec(await server.run(['ip', '-o', 'link', 'show', 'type', 'tun']))?.[1] ?? '';
    const inner = await capture(world.lab.undo, server, device);
    const outer = await capture(world.lab.undo, server, 'wan0');
    await world.lab.office.nftTable('deaf', deafOffice);
    const asked = askFor(1456, 100, 7777, 0.02);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await server.ip('link set wan0 mtu 1400');
    await asked;
    await settle(inner, outer);
    await server.ip('link set wan0 mtu 1500');
    await world.lab.office.nftTable('deaf', '');

    const given = await inner.count('udp src port 7777 and ip[2:2] = 1456');
    const sent = await outer.count(`src host ${addresses.server} and ip[2:2] > 1480 and ${carriesData}`);
    const drops = await dropsByReason();
    t.diagnostic(`${given} given, ${sent} sent: ${JSON.stringify(drops)}`);
    assert.equal(given, 100);
    assert.ok(drops.message_too_long > 0);
    const { fragmentation_needed, icmp_limited } = drops;
    assert.equal(drops.message_too_long, given - sent - fragmentation_needed - icmp_limited);
  });

  async function connect(
    conditions: Parameters<typeof world.lab.setConditions>[0],
    mtu: number,
  ): Promise<void> {
    await world.lab.setConditions(conditions);
    await world.lab.office.ip('route flush cache');
    await (await world.dial(aliceCalls)).up();
    await settledMtu(world.server, 'alice', mtu);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }

  /** The office sends `count` datagrams whose packets have `size` bytes: from port 7777 with DF, from 7778 without. */
  async function askFor(size: number, count: number, port = 7777, pause = 0): Promise<void> {
    await world
      .machine()
      .run(
        `exec 3<>/dev/udp/${addresses.office}/${port}; for i in $(seq ${count}); do printf ${size - 28} >&3${pause > 0 ? `; sleep ${pause}` : ''}; done; sleep 0.3`,
      );
  }

  async function settle(...captures: Capture[]): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 500));
    for (const each of captures) await each.stop();
  }

  async function dropsByReason(): Promise<Record<(typeof reasons)[number], number>> {
    const direction = 'to_client';
    const counts = reasons.map(async (reason) => {
      const value = await world.server.metric('vpn_session_pmtu_drops_total', { direction, reason });
      return [reason, value ?? Number.NaN] as const;
    });
    return Object.fromEntries(await Promise.all(counts)) as Record<(typeof reasons)[number], number>;
  }
});
