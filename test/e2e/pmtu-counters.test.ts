// What /metrics says of packets that are too large, against tcpdump, packet for packet: every reason of the closed list, pieces,
// clamped SYNs, ICMP and probes, in one session of a real Linux client. The office routes and nothing masquerades, so no
// kernel puts pieces together before the server sees them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Capture, capture } from '../support/lab/capture.ts';
import { eventually } from '../support/lab/commands.ts';
import { alice, twoUsers } from '../support/lab/documents.ts';
import { endlessFragment, inject } from '../support/lab/forged-packets.ts';
import { settledMtu } from '../support/lab/path-run.ts';
import { addresses } from '../support/lab/topology.ts';
import { cannotRun, shareWorld } from '../support/lab/world.ts';

const drops = 'vpn_session_pmtu_drops_total';
/** GRE with a PPP protocol at its place: behind a GRE header of 16 bytes, or of 12 without acknowledgment. */
const greWith = (protocol: string) =>
  `ip proto 47 and ((ip[21] & 0x80 != 0 and ip[38:2] = ${protocol}) or (ip[21] & 0x80 = 0 and ip[34:2] = ${protocol}))`;
const fromServer = `src host ${addresses.server}`;
type Reason = 'fragmentation_needed' | 'icmp_limited' | 'unfragmentable' | 'message_too_long' | 'too_large';
/** LCP of such a size is a probe, or the answer to one. */
const padded = `ip[2:2] > 80 and ${greWith('0xc021')}`;
/** The office is told ten times a second, and ten times more at first. */
const sent = { withDf: 80, withoutDf: 9, endless: 5, byClient: 6, downloads: 3, refused: 100 };
const deafOffice = 'chain input { type filter hook input priority 0; ip protocol icmp drop; }';

describe('packets that are too large are counted exactly', { skip: cannotRun }, () => {
  const world = shareWorld({ documents: twoUsers('routing: {masquerade: false}') });

  it('by every reason, with the pieces, clamped SYNs, ICMP and probes of the session', async (t) => {
    const { lab, server } = world;
    await lab.office.ip('route replace 10.77.0.0/24 via 192.168.80.1');
    await lab.office.nftTable('deaf', deafOffice);
    await lab.office.forwarding('on');
    await lab.setConditions({ mtu: 1454, icmp: 'filtered' });
    // The client's GRE may be cut outside, so that it can send what is larger than any interface here.
    await world.machine().run('sysctl -qw net.ipv4.ip_no_pmtu_disc=1');
    const wires = {
      outer: await capture(lab.undo, lab.server, 'wan0'),
      lan: await capture(lab.undo, lab.server, 'lan0'),
      home: await capture(lab.undo, lab.home, 'lan1'),
    };
    const connection = await world.dial({
      ...{ user: alice.name, password: alice.password, pptp: ['--nobuffer'] },
      routes: ['192.168.80.0/24'],
    });
    const { localAddress = '' } = await connection.up();
    await settledMtu(server, 'alice', 1410);

    await askFor(1450, sent.withDf);
    await askFor(1410, 7);
    await askFor(1450, sent.withoutDf, 7778);
    await inject(lab.office, endlessFragment('192.168.80.77', localAddress, 1500), sent.endless);
    await world.machine().run(
      `for i in $(seq ${sent.downloads}); do curl -sS --max-time 9 -o /dev/null http://${addresses.office}/none; done
       ip link set ${connection.device} mtu 1700
       ping -q -c ${sent.byClient} -i 0.2 -W 1 -s 1572 ${addresses.office} || true`,
    );
    // Ten seconds after a new value the server looks once more.
    await eventually('no probe under way', 40_000, async () => {
      const before = await probes();
      await sleep(11_000);
      return JSON.stringify(before) === JSON.stringify(await probes()) ? 'none' : undefined;
    });
    await Promise.all(Object.values(wires).map((wire) => wire.stop()));
    const { outer, lan, home } = wires;
    const counted = await dropsByReason();
    const told = await lan.count('icmp[0] = 3 and icmp[1] = 4 and icmp[6:2] = 1410');
    assert.ok(told >= 10 && told < sent.withDf, `${told} were told`);
    assert.deepEqual(counted, {
      fragmentation_needed: told,
      icmp_limited: (await lan.count('udp src port 7777 and ip[2:2] = 1450')) - told,
      unfragmentable: await lan.count('ip[6:2] & 0x1fff = 0x1fff'),
      message_too_long: 0,
      too_large: await home.count(
        `src host ${addresses.machine(1)} and ip proto 47 and ip[6:2] & 0x3fff = 0x2000`,
      ),
    });
    const { icmp_limited, unfragmentable, too_large } = counted;
    assert.deepEqual(
      [told + icmp_limited, unfragmentable, too_large],
      [sent.withDf, sent.endless, sent.byClient],
      'and that is what was sent',
    );
    assert.equal(await metric('vpn_session_fragmentation_needed_sent_total'), told);
    assert.equal(await metric('vpn_session_fragments_sent_total'), 2 * sent.withoutDf);
    assert.equal(
      await metric('vpn_session_clamped_syns_total'),
      await lan.count('tcp[tcpflags] & tcp-syn != 0'),
    );
    const { asked, answered } = await probesOn(outer);
    const then = await probes();
    assert.equal(then.echoed + then.acknowledged, answered);
    t.diagnostic(`${asked} probes, ${answered} answered; drops ${JSON.stringify(counted)}`);

    let [rounds, given, passed] = [0, 0, 0];
    let after = counted;
    // The server looks at its interfaces once a second: when it does so just before the next packet, it refuses none.
    for (; rounds < 3 && after.message_too_long === 0; rounds++) {
      await settledMtu(server, 'alice', 1410);
      const [came, left] = await askOverNarrowInterface();
      [given, passed] = [given + came, passed + left];
      after = await dropsByReason();
    }
    // A probe is given up for lost when the next search begins, which the narrow interface made it do.
    const missing = asked - answered;
    assert.ok(then.lost <= missing && missing <= (await probes()).lost, `${missing} probes got lost`);
    t.diagnostic(`our interface narrows: ${given} given, ${passed} passed; drops ${JSON.stringify(after)}`);
    assert.equal(given, rounds * sent.refused);
    assert.ok(after.message_too_long > 0);
    assert.equal(sum(after) - sum(counted), given - passed);
    assert.deepEqual(
      [after.unfragmentable, after.too_large],
      [counted.unfragmentable, counted.too_large],
      'no other reason moves',
    );

    await connection.hangUp();
    const begin = performance.now();
    await eventually('the end of the series', 60_000, async () =>
      /user="alice"/.test(await server.get('/metrics')) ? undefined : 'gone',
    );
    t.diagnostic(
      `the series are gone ${((performance.now() - begin) / 1000).toFixed(1)} s after the goodbye`,
    );
  });

  /** Probes on the wire, and those of them whose echo came back or whose sequence number was acknowledged. */
  async function probesOn(wire: Capture): Promise<{ asked: number; answered: number }> {
    const sent = (await wire.lines(`${fromServer} and ${padded}`)).map((line) =>
      /seq (\d+).* id (\d+),/.exec(line),
    );
    const toServer = `dst host ${addresses.server}`;
    const echoes = (await wire.lines(`${toServer} and ${padded}`)).map(
      (line) => / id (\d+),/.exec(line)?.[1],
    );
    const acknowledged = (await wire.lines(`${toServer} and ip proto 47`)).map(
      (line) => /ack (\d+),/.exec(line)?.[1],
    );
    const answers = sent.filter((probe) => acknowledged.includes(probe?.[1]) || echoes.includes(probe?.[2]));
    return { asked: sent.length, answered: answers.length };
  }

  /** 1410 bytes fit the tunnel; our own interface takes 1400 from the middle on. Returns how many came to us and left. */
  async function askOverNarrowInterface(): Promise<[given: number, passed: number]> {
    const { undo, server } = world.lab;
    const tunnel =
      /: (\S+?)[:@]/.exec(await server.run(['ip', '-o', 'link', 'show', 'type', 'tun']))?.[1] ?? '';
    const wires = [await capture(undo, server, tunnel), await capture(undo, server, 'wan0')] as const;
    const before = await taken();
    const grown = async (count: number) => ((await taken()) - before >= count ? 'so' : undefined);
    const asked = askFor(1410, sent.refused, 7777, 0.02);
    await eventually('the first datagrams', 10_000, () => grown(sent.refused / 4));
    await server.ip('link set wan0 mtu 1400');
    await asked.finally(() => server.ip('link set wan0 mtu 1500'));
    await eventually('the last datagram', 10_000, () => grown(sent.refused));
    for (const wire of wires) await wire.stop();
    const isData = `${fromServer} and ip[2:2] > 1300 and ip[6:2] & 0x1fff = 0 and ${greWith('0xfd')}`;
    return [await wires[0].count('udp src port 7777 and ip[2:2] = 1410'), await wires[1].count(isData)];
  }

  /** Packets to the client that the server took from the TUN, whatever became of them. */
  async function taken(): Promise<number> {
    const [session] = await world.server.sessions();
    const { fragmentation_needed, icmp_limited } = await dropsByReason();
    return (session?.sentPackets ?? Number.NaN) + fragmentation_needed + icmp_limited;
  }

  /** The office sends `count` datagrams whose packets have `size` bytes: from port 7777 with DF, from 7778 without. */
  async function askFor(size: number, count: number, port = 7777, pause = 0): Promise<void> {
    const wait = pause > 0 ? `; sleep ${pause}` : '';
    await world
      .machine()
      .run(
        `exec 3<>/dev/udp/${addresses.office}/${port}; for i in $(seq ${count}); do printf ${size - 28} >&3${wait}; done; sleep 0.3`,
      );
  }

  function metric(name: string, labels: Record<string, string> = {}): Promise<number | undefined> {
    return world.server.metric(name, { user: 'alice', ...labels });
  }

  async function probes(): Promise<{ echoed: number; acknowledged: number; lost: number }> {
    const of = async (outcome: string) =>
      (await metric('vpn_session_path_mtu_probes_total', { outcome })) ?? Number.NaN;
    return { echoed: await of('echoed'), acknowledged: await of('acknowledged'), lost: await of('lost') };
  }

  /** The whole list, whatever it is. */
  async function dropsByReason(): Promise<Record<Reason, number>> {
    const lines = (await world.server.get('/metrics'))
      .split('\n')
      .filter((line) => line.startsWith(`${drops}{`));
    return Object.fromEntries(
      lines.map((line) => [/reason="(\w+)"/.exec(line)?.[1], Number(line.slice(line.lastIndexOf(' ') + 1))]),
    ) as Record<Reason, number>;
  }
});

function sum(numbers: Record<string, number>): number {
  return Object.values(numbers).reduce((total, each) => total + each, 0);
}
