// How sessions end by the gateway's doing, on purpose or not: through a real data path and the real timer, to a client that never answers.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import type { ControlPeer } from '../../src/gateway/control-peer.ts';
import { ExpiryTimer } from '../../src/gateway/expiry-timer.ts';
import { type SessionServices, Sessions } from '../../src/gateway/sessions.ts';
import { TypeScriptDataPath } from '../../src/protocol/datapath/typescript-data-path.ts';

const { timers } = mock;
const clock = () => Date.now();
/** IPv4 20, GRE 12, FF 03: then the protocol and the LCP code. */
const atProtocol = 34;

/** Sessions whose packets are noted, and when. */
class Bench {
  readonly dataPath = new TypeScriptDataPath({ capacity: 400 });
  readonly timer = new ExpiryTimer(clock);
  readonly goodbyes: number[] = [];
  readonly ends: string[] = [];
  mistake: Error | undefined;
  readonly sessions: Sessions;

  constructor() {
    this.timer.whenExpired(() => this.flush());
    this.sessions = new Sessions({
      ...{ dataPath: this.dataPath, timer: this.timer, wallClock: clock, flush: () => this.flush() },
      callIds: { release: () => {} },
      network: { released: () => {} },
      journal: {
        connected: () => {},
        faulted: (error: Error) => this.ends.push(error.message),
        failed: (_: unknown, result: string) => this.ends.push(`${result} at ${clock()}`),
      },
      linkOptions: () => ({
        ...{ name: 'vpn', mru: 1500, keepaliveInterval: 0, random: (size: number) => this.random(size) },
        encryption: { policy: 'Required', keyLengths: [128], stateless: 'Required' },
      }),
    } as unknown as SessionServices);
  }

  random(size: number): Uint8Array {
    if (this.mistake !== undefined) throw this.mistake;
    return new Uint8Array(size);
  }

  call(callId: number): void {
    const peer = { localAddress: 0xc0000201, peerAddress: 0xc6336407, clearCall: () => {} };
    const call = { callId, peersCallId: callId, peersReceiveWindow: 64 };
    this.sessions.callOpened(peer as unknown as ControlPeer, call, clock());
    this.flush();
  }

  flush(): void {
    const { greOut, memory } = this.dataPath;
    const bytes = new Uint8Array(memory);
    for (let i = 0; i < greOut.count; i++) {
      const [high, low, code] = bytes.subarray(greOut.offsets[i]! + atProtocol);
      if (high === 0xc0 && low === 0x21 && code === 5) this.goodbyes.push(clock());
    }
    greOut.count = 0;
  }

  end(): void {
    for (const session of this.sessions.all) session.terminate('suspended', 'suspended', clock());
    this.flush();
  }
}

describe('a mistake of ours', () => {
  it('costs the session it happened to, and no other', () => {
    const bench = new Bench();
    for (const callId of [1, 2]) bench.call(callId);
    const [hit] = [...bench.sessions.all];
    // LCP Configure-Request with a magic number of zero: it is Nak'd with a random one.
    const request = Uint8Array.of(1, 1, 0, 10, 5, 6, 0, 0, 0, 0);
    bench.mistake = new TypeError('ours');
    bench.sessions.control(hit?.index ?? -1, 0xc021, request, clock());
    assert.equal(bench.ends[0], 'ours');
    assert.match(bench.ends[1] ?? '', /^fault at /);
    assert.deepEqual([bench.ends.length, bench.sessions.count], [2, 1]);
    bench.timer.close();
  });
});

describe('an end by the gateway', () => {
  beforeEach(() => timers.enable({ apis: ['setTimeout', 'Date'], now: 0 }));
  afterEach(() => timers.reset());

  it('is said twice, and over after half a second, though the client never answers', () => {
    const bench = new Bench();
    bench.call(1);
    // The link waits for LCP until 3,000: nothing but the end itself can wake the timer before.
    timers.tick(1_000);
    bench.end();
    for (let step = 0; step < 100; step++) timers.tick(10);
    assert.deepEqual(bench.goodbyes, [1_000, 1_250]);
    assert.deepEqual(bench.ends, ['suspended at 1500']);
    bench.timer.close();
  });

  it('is said to each of many that end in one moment', () => {
    const bench = new Bench();
    for (let callId = 1; callId <= 300; callId++) bench.call(callId);
    bench.end();
    assert.equal(bench.goodbyes.length, 300);
    timers.tick(250);
    assert.equal(bench.goodbyes.length, 600);
    bench.timer.close();
  });
});
