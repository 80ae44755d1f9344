// One TCP connection on port 1723, with a socket that is none: what a client may make us do on it.
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { beforeEach, describe, it } from 'node:test';
import { ControlPeer } from '../../src/gateway/control-peer.ts';
import { type ControlMessage, decodeControlMessage } from '../../src/protocol/pptp/messages.ts';
import { controlOctets } from '../support/control-messages.ts';

class FakeSocket extends EventEmitter {
  readonly written: ControlMessage[] = [];
  readonly writableLength = 0;
  isDestroyed = false;
  setNoDelay(): void {}
  write(bytes: Uint8Array): void {
    this.written.push(decodeControlMessage(bytes));
  }
  destroy(): void {
    this.isDestroyed = true;
  }
  destroySoon(): void {
    this.isDestroyed = true;
  }
}

describe('a control connection', () => {
  let socket: FakeSocket;
  let peer: ControlPeer;
  let opened: number;
  let now: number;
  let mistake: Error | undefined;
  let faults: unknown[];

  beforeEach(() => {
    socket = new FakeSocket();
    opened = 0;
    mistake = undefined;
    faults = [];
    now = 0;
    const owner = {
      clock: () => now,
      allotCallId: () => 1,
      callOpened: () => {
        if (mistake !== undefined) throw mistake;
        opened++;
      },
      faulted: (error: unknown) => faults.push(error),
      ...{ callEnded: () => {}, discarded: () => {}, closed: () => {}, touched: () => {} },
    };
    const ticket = { address: 7, authenticateBy: 20_000 };
    peer = new ControlPeer(socket as unknown as Socket, { local: 1, peer: 7 }, ticket, owner);
  });

  const send = (...message: Parameters<typeof controlOctets>) =>
    socket.emit('data', controlOctets(...message));

  it('carries sixteen calls, one after the other, and refuses more: each costs a session and lines in the log (CC-14)', () => {
    send('SCCRQ');
    for (let call = 0; call < 1_000; call++) {
      send('OCRQ', { callId: call });
      send('CCRQ', { callId: call });
    }
    assert.equal(opened, 16);
    const last = socket.written.at(-1);
    assert.ok(last?.type === 'OCRP', last?.type);
    assert.deepEqual([last.resultCode, last.errorCode, last.peersCallId], [2, 4, 999]);
  });

  it('takes the stream octet by octet, and thousands of messages in one piece', () => {
    for (const octet of controlOctets('SCCRQ')) socket.emit('data', Uint8Array.of(octet));
    const echo = controlOctets('EchoRQ', { identifier: 9 });
    const flood = new Uint8Array(echo.length * 4_000);
    for (let at = 0; at < flood.length; at += echo.length) flood.set(echo, at);
    socket.emit('data', flood);
    assert.deepEqual([socket.written[0]?.type, socket.written.length], ['SCCRP', 4_001]);
  });

  it('pays for a mistake of ours with itself alone, and tells of it', () => {
    mistake = new TypeError('ours');
    send('SCCRQ');
    send('OCRQ');
    assert.deepEqual([faults, socket.isDestroyed], [[mistake], true]);
  });

  it('ends 20 s after it began when nobody logged in, whatever was sent, and 2 s after its last call', () => {
    send('SCCRQ');
    for (now = 0; now < 20_000; now += 1_000) {
      send('EchoRQ');
      assert.ok(peer.deadline <= 20_000);
    }
    peer.authenticated();
    assert.ok(peer.deadline > now);
    send('OCRQ', { callId: 5 });
    send('CCRQ', { callId: 5 });
    assert.equal(peer.deadline, now + 2_000);
    peer.expire(now + 2_000);
    assert.ok(socket.isDestroyed);
  });
});
