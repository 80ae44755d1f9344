import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { controlFailure, greRefusal, linkFailure, tcpFailure } from '../../src/probe/failure.ts';
import { ChapPeer } from '../../src/protocol/ppp/chap-peer.ts';

/** What our own client makes of a CHAP Failure with this message (RFC 2759 §6). */
function refusedWith(message: string): string {
  const peer = new ChapPeer(
    { username: 'alice', ntHash: new Uint8Array(16) },
    (size) => new Uint8Array(size),
  );
  const challenge = Uint8Array.of(16, ...new Uint8Array(16));
  peer.receive({ code: 1, identifier: 3, data: challenge });
  const [output] = peer.receive({ code: 4, identifier: 3, data: new TextEncoder().encode(message) });
  return output?.type === 'failed' ? output.detail : '';
}

describe('why a probe failed', () => {
  it('is told from the errno of the TCP connection', () => {
    assert.equal(tcpFailure('ECONNREFUSED').failure.reason, 'tcp_refused');
    assert.equal(tcpFailure('ETIMEDOUT').failure.reason, 'tcp_timeout');
    assert.equal(tcpFailure('EHOSTUNREACH').failure.reason, 'tcp_unreachable');
    assert.match(tcpFailure('EACCES').failure.message, /EACCES/);
  });

  it('is told from the result code of the server (RFC 2637 §2.2, §2.8)', () => {
    const refused = { cause: 'refused', errorCode: 0 } as const;
    const start = controlFailure({ ...refused, step: 'start', resultCode: 4 }).failure;
    assert.deepEqual([start.reason, /not authorized/.test(start.message)], ['control_refused', true]);
    const call = controlFailure({ ...refused, step: 'call', resultCode: 4 }).failure;
    assert.deepEqual([call.reason, /busy/.test(call.message)], ['call_refused', true]);
    const lost = { step: 'start', cause: 'lost', resultCode: 0, errorCode: 0 } as const;
    assert.equal(controlFailure(lost).failure.reason, 'control_closed');
  });

  for (const [code, reason] of [
    [646, 'hours_not_permitted'],
    [647, 'account_disabled'],
    [648, 'account_expired'],
    [649, 'not_allowed'],
    [691, 'wrong_password'],
    [930, 'server_unavailable'],
    [999, 'login_refused'],
  ] as const) {
    it(`is ${reason} when the server says E=${code} (RFC 2759 §6)`, () => {
      const detail = refusedWith(`E=${code} R=0 C=00112233445566778899AABBCCDDEEFF V=3 M=no`);
      assert.equal(linkFailure({ step: 'authentication', detail }).failure.reason, reason);
    });
  }

  it('is a server that is not genuine when its S= is wrong (RFC 2759 §5)', () => {
    const peer = new ChapPeer(
      { username: 'alice', ntHash: new Uint8Array(16) },
      (size) => new Uint8Array(size),
    );
    peer.receive({ code: 1, identifier: 3, data: Uint8Array.of(16, ...new Uint8Array(16)) });
    const success = new TextEncoder().encode(`S=${'0'.repeat(40)} M=welcome`);
    const [output] = peer.receive({ code: 3, identifier: 3, data: success });
    const detail = output?.type === 'failed' ? output.detail : '';
    const { failure } = linkFailure({ step: 'authentication', detail });
    assert.equal(failure.reason, 'server_not_genuine');
  });

  it("keeps the cause of a refused encryption, not the link's advice to a server", () => {
    const detail =
      'encryption required (MPPE 128 bit stateless), but the client refused: it offered 40 bit. Turn encryption on.';
    const { failure } = linkFailure({ step: 'encryption', detail });
    assert.equal(failure.message, 'no agreement on 128-bit stateless MPPE: it offered 40 bit');
  });

  it('is no refusal of GRE when a router only says that a packet was too large', () => {
    assert.equal(greRefusal(3, 4, '192.0.2.1'), undefined);
    assert.equal(greRefusal(11, 0, '192.0.2.1'), undefined);
    assert.equal(greRefusal(3, 13, '192.0.2.1'), '192.0.2.1 says: forbidden by a filter');
  });
});
