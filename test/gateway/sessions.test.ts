import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { ControlPeer } from '../../src/gateway/control-peer.ts';
import type { GreJudgement } from '../../src/gateway/gre-verdict.ts';
import { type SessionServices, Sessions } from '../../src/gateway/sessions.ts';
import { TypeScriptDataPath } from '../../src/protocol/datapath/typescript-data-path.ts';

const peer = { localAddress: 0xc0000201, peerAddress: 0xc6336407, clearCall: () => {} };
const call = { callId: 1, peersCallId: 0, peersReceiveWindow: 64 };

describe('a call that ends without any GRE', () => {
  let verdicts: string[];
  let results: string[];
  let sessions: Sessions;
  let dataPath: TypeScriptDataPath;

  beforeEach(() => {
    verdicts = [];
    results = [];
    dataPath = new TypeScriptDataPath({ capacity: 4 });
    sessions = new Sessions({
      dataPath,
      callIds: { release: () => {} },
      timer: { add: () => {}, delete: () => {}, touch: () => {} },
      network: { released: () => {} },
      journal: {
        connected: () => {},
        greBlocked: () => {},
        judged: (_: unknown, { verdict }: GreJudgement) => verdicts.push(verdict),
        failed: (_: unknown, result: string) => results.push(result),
      },
      linkOptions: () => ({
        ...{ name: 'vpn', mru: 1500, keepaliveInterval: 0, random: (size: number) => new Uint8Array(size) },
        encryption: { policy: 'Required', keyLengths: [128], stateless: 'Required' },
      }),
      wallClock: () => 0,
    } as unknown as SessionServices);
    sessions.callOpened(peer as unknown as ControlPeer, call, 0);
  });

  /** LCP comes up on both sides; not one packet carries an acknowledgment. */
  function agree(): void {
    const { greOut, memory } = dataPath;
    const ipGreAndPpp = 20 + 12 + 4;
    const request = new Uint8Array(memory).slice(greOut.offsets[0]! + ipGreAndPpp);
    const length = (request[2]! << 8) | request[3]!;
    request[0] = 2;
    sessions.control(0, 0xc021, request.subarray(0, length), 100);
    sessions.control(0, 0xc021, Uint8Array.of(1, 1, 0, 4), 100);
  }

  it('gets none if LCP came up: the client heard us, whatever it acknowledges', () => {
    agree();
    sessions.judgeSilence(8000);
    endAt(9000);
    assert.deepEqual([verdicts, results], [[], ['control_closed']]);
  });

  const endAt = (now: number) => sessions.callEnded(peer as unknown as ControlPeer, 'connection_lost', now);

  it('after some seconds gets a verdict', () => {
    endAt(3000);
    assert.deepEqual([verdicts, results], [['nothing_received'], ['no_gre']]);
  });

  it('at once gets none: GRE had no time to come, and whoever knocks like that must not fill the Events', () => {
    endAt(1000);
    assert.deepEqual([verdicts, results], [[], ['control_closed']]);
  });
});
