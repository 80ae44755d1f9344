// Two real Linux clients in one hotel, behind each kind of NAT.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { capture } from '../support/lab/capture.ts';
import { execute } from '../support/lab/commands.ts';
import { alice, bob, twoUsers } from '../support/lab/documents.ts';
import { addresses } from '../support/lab/topology.ts';
import { cannotRun, shareWorld } from '../support/lab/world.ts';

const aliceCalls = { user: alice.name, password: alice.password };
const bobCalls = { user: bob.name, password: bob.password };
/** Three Configure-Requests a second apart: where nothing comes back, waiting longer shows no more. */
const impatient = ['require-mppe-128', 'lcp-restart 1', 'lcp-max-configure 4'];

describe('behind one NAT, real Linux clients', { skip: cannotRun }, () => {
  const world = shareWorld({ documents: twoUsers(), machines: 2 });

  async function bothWork(): Promise<void> {
    await Promise.all([0, 1].map((index) => world.machine(index).run('ping -c 3 -i 0.2 -W 2 10.77.0.1')));
    const sessions = await world.server.sessions();
    assert.deepEqual(sessions.map(({ user }) => user).sort(), ['alice', 'bob']);
    assert.deepEqual([...new Set(sessions.map(({ peerAddress }) => peerAddress))], [addresses.home]);
  }

  it("both work where the NAT has the kernel's PPTP helper", async () => {
    await world.lab.setNat('pptpHelper');
    await (await world.dial({ ...aliceCalls }, world.machine(0))).up();
    await (await world.dial({ ...bobCalls }, world.machine(1))).up();
    await bothWork();
  });

  it('both work with equal call ids (CC-5)', async () => {
    await world.lab.setNat('pptpHelper');
    const wires = await Promise.all(
      ['lan1', 'lan2'].map((device) => capture(world.lab.undo, world.lab.home, device)),
    );
    const callId = 4711;
    await (await world.dial({ ...aliceCalls, callId }, world.machine(0))).up();
    await (await world.dial({ ...bobCalls, callId }, world.machine(1))).up();
    await bothWork();
    await Promise.all(wires.map((wire) => wire.stop()));
    const [one, other] = await Promise.all(wires.map((wire) => requestedCallId(wire.file)));
    assert.deepEqual([one, other], ['4711', '4711']);
  });

  it('one works where the NAT maps GRE by protocol number, and the log says what became of the other', async () => {
    await world.lab.setNat('greToFirstClient');
    await (await world.dial({ ...aliceCalls }, world.machine(0))).up();
    const mark = world.server.mark();
    const second = await world.dial({ ...bobCalls, pppd: impatient }, world.machine(1));
    assert.notEqual(await second.settled(15_000), 'up');
    await second.end();
    await world.server.said(/another client behind 203\.0\.113\.2 already has a session/, {
      since: mark,
      timeout: 15_000,
    });
    await world.machine(0).run('ping -c 3 -i 0.2 -W 2 10.77.0.1');
    assert.deepEqual(
      (await world.server.sessions()).map(({ user }) => user),
      ['alice'],
    );
  });

  it('none works where the NAT has no helper, and the log says that GRE does not get back', async () => {
    await world.lab.setNat('noHelper');
    const mark = world.server.mark();
    const both = await Promise.all([
      world.dial({ ...aliceCalls, pppd: impatient }, world.machine(0)),
      world.dial({ ...bobCalls, pppd: impatient }, world.machine(1)),
    ]);
    for (const connection of both) assert.notEqual(await connection.settled(15_000), 'up');
    await world.server.said(/no GRE packet of ours reaches it: a NAT without PPTP passthrough/, {
      since: mark,
      timeout: 15_000,
    });
    assert.deepEqual(await world.server.sessions(), []);
  });
});

/** The call id in the Outgoing-Call-Request, as tcpdump reads it. */
async function requestedCallId(file: string): Promise<string | undefined> {
  const text = await execute(['tcpdump', '-nvr', file, 'tcp dst port 1723']);
  return /CTRL_MSGTYPE=OCRQ CALL_ID\((\d+)\)/.exec(text)?.[1];
}
