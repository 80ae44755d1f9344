// MS-CHAPv2 on the wire, both sides (RFC 2759): sizes, names, single use of a challenge, what Success and Failure say.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ChapAuthenticator, type ChapOutput, type ErrorCode } from '../../../src/protocol/ppp/chap.ts';
import { ChapPeer } from '../../../src/protocol/ppp/chap-peer.ts';
import { type ControlPacket, decodeControlPacket } from '../../../src/protocol/ppp/control-packet.ts';
import { generateNtResponse, ntPasswordHash } from '../../../src/protocol/ppp/ms-chap-v2.ts';
import { countingRandom, network, ntHash } from '../../support/ppp-link.ts';

const accepted = { accepted: true, ntHash, network } as const;

function packetOf(output: { type: string; information?: Uint8Array } | undefined): ControlPacket {
  assert.ok(output?.type === 'transmit' && output.information !== undefined, output?.type);
  return decodeControlPacket(output.information);
}

function start() {
  const chap = new ChapAuthenticator('vpn', countingRandom());
  const challenge = packetOf(chap.start(0)[0]);
  return { chap, challenge, value: challenge.data.slice(1, 17) };
}

/** A Response as a client with the right hash sends it, changed by `alter`. */
function response(
  { challenge, value }: { challenge: ControlPacket; value: Uint8Array },
  name = 'alice',
  alter: (data: Uint8Array) => Uint8Array = (data) => data,
): ControlPacket {
  const user = new TextEncoder().encode(name);
  const peerChallenge = new Uint8Array(16).fill(7);
  const data = new Uint8Array(50 + user.length);
  data[0] = 49;
  data.set(peerChallenge, 1);
  data.set(generateNtResponse(value, peerChallenge, user.subarray(user.indexOf(0x5c) + 1), ntHash), 25);
  data.set(user, 50);
  return { code: 2, identifier: challenge.identifier, data: alter(data) };
}

const textOf = (packet: ControlPacket) => String.fromCharCode(...packet.data);

function nameOf(outputs: readonly ChapOutput[]): [string, string, boolean] {
  const [output] = outputs;
  assert.ok(output?.type === 'authenticate', output?.type);
  return [output.attempt.nameAsSent, output.attempt.name, output.attempt.matches(ntHash)];
}

describe('the authenticator', () => {
  it('challenges with 16 bytes and its name (CH-2)', () => {
    const { challenge } = start();
    assert.equal(challenge.code, 1);
    assert.equal(challenge.data[0], 16);
    assert.equal(String.fromCharCode(...challenge.data.subarray(17)), 'vpn');
  });

  it('repeats the same challenge every 3 s, ten times, then gives up', () => {
    const { chap, challenge } = start();
    for (let count = 1; count < 10; count++) {
      assert.deepEqual(chap.expire(3000 * count - 1), []);
      assert.deepEqual(packetOf(chap.expire(3000 * count)[0]), challenge);
    }
    assert.deepEqual(chap.expire(30_000), [{ type: 'timedOut' }]);
    assert.equal(chap.deadline, Number.POSITIVE_INFINITY);
    assert.deepEqual(chap.receive(response(start())), [{ type: 'discarded', reason: 'chap_unsolicited' }]);
  });

  it('never gives the same challenge twice (CH-2)', () => {
    const chap = new ChapAuthenticator('vpn', countingRandom());
    const seen = new Set(Array.from({ length: 300 }, () => packetOf(chap.start(0)[0]).data.join()));
    assert.equal(seen.size, 300);
  });

  it('strips DOMAIN\\ for the hash and the look-up, and keeps user@realm whole (CH-3)', () => {
    const cases = [
      ['alice', 'alice'],
      ['CORP\\alice', 'alice'],
      ['alice@corp.example', 'alice@corp.example'],
      ['Alice', 'Alice'],
      ['花子', '花子'],
      ['', ''],
      ['A\\B\\c', 'B\\c'],
    ] as const;
    for (const [sent, name] of cases) {
      const state = start();
      assert.deepEqual(nameOf(state.chap.receive(response(state, sent))), [sent, name, true], sent);
    }
  });

  it('knows a wrong password, and the same user in other letters', () => {
    const state = start();
    const [output] = state.chap.receive(response(state));
    assert.ok(output?.type === 'authenticate');
    assert.equal(output.attempt.matches(ntPasswordHash('Correct horse')), false);
    assert.equal(output.attempt.matches(new Uint8Array(16)), false);
  });

  it('does not look at the flags: Windows 98 sets 0x04 (CH-1)', () => {
    const state = start();
    const [, , matches] = nameOf(
      state.chap.receive(response(state, 'alice', (data) => data.with(49, 4) as Uint8Array)),
    );
    assert.equal(matches, true);
  });

  it('refuses every value size but 49, short packets, reserved bytes and long names (CH-1, B16)', () => {
    const bad: [string, (data: Uint8Array) => Uint8Array][] = [
      ...[0, 1, 48, 50, 255].map(
        (size) => [`size ${size}`, (d: Uint8Array) => d.with(0, size)] as [string, never],
      ),
      ...[0, 1, 17, 49].map(
        (length) => [`length ${length}`, (d: Uint8Array) => d.slice(0, length)] as [string, never],
      ),
      ['reserved', (data) => data.with(20, 1)],
      ['name of 257', (data) => Uint8Array.of(...data.subarray(0, 50), ...new Uint8Array(257).fill(97))],
    ];
    for (const [title, alter] of bad) {
      const state = start();
      assert.throws(
        () => state.chap.receive(response(state, 'alice', alter)),
        { name: 'MalformedPacket' },
        title,
      );
      assert.equal(nameOf(state.chap.receive(response(state)))[2], true, `${title}: a good one still counts`);
    }
  });

  it('ignores a Response of another identifier, a replayed one, and one to an old challenge (CH-1, CH-2)', () => {
    const state = start();
    const old = response(state);
    for (let identifier = 0; identifier < 256; identifier++) {
      if (identifier === old.identifier) continue;
      assert.deepEqual(state.chap.receive({ ...old, identifier }), [
        { type: 'discarded', reason: 'chap_unsolicited' },
      ]);
    }
    const next = packetOf(state.chap.start(0)[0]);
    assert.deepEqual(state.chap.receive(old), [{ type: 'discarded', reason: 'chap_unsolicited' }]);
    assert.equal(nameOf(state.chap.receive({ ...old, identifier: next.identifier }))[2], false);
  });

  it('says Success once more for the same Response, and nothing for another (CH-8)', () => {
    const state = start();
    const first = response(state);
    state.chap.receive(first);
    assert.deepEqual(state.chap.receive(first), [{ type: 'discarded', reason: 'chap_awaits_verdict' }]);
    const [success, authenticated] = state.chap.conclude(accepted, 0);
    assert.match(textOf(packetOf(success)), /^S=[0-9A-F]{40}$/);
    assert.ok(authenticated?.type === 'authenticated' && authenticated.masterKey.length === 16);
    assert.deepEqual(state.chap.receive(first), [success]);
    const other = response(state, 'alice', (data) => data.with(3, 99) as Uint8Array);
    assert.deepEqual(state.chap.receive(other), [{ type: 'discarded', reason: 'chap_challenge_used' }]);
    assert.deepEqual(state.chap.conclude(accepted, 0), []);
  });

  it('says a Success that nobody went on from four times in all (CH-8)', () => {
    const lost = start();
    lost.chap.receive(response(lost));
    const [success] = lost.chap.conclude(accepted, 0);
    for (const now of [3000, 6000, 9000]) {
      assert.equal(lost.chap.deadline, now);
      assert.deepEqual(lost.chap.expire(now), [success]);
    }
    assert.equal(lost.chap.deadline, Number.POSITIVE_INFINITY);
    const heard = start();
    heard.chap.receive(response(heard));
    heard.chap.conclude(accepted, 0);
    heard.chap.confirm();
    assert.equal(heard.chap.deadline, Number.POSITIVE_INFINITY);
  });

  it('says E=, R=0, C= and V=3 in a Failure, and no M= (CH-5, CH-6, CH-7)', () => {
    for (const errorCode of [646, 647, 648, 649, 691, 930] as ErrorCode[]) {
      const state = start();
      state.chap.receive(response(state));
      const [failure, failed] = state.chap.conclude({ accepted: false, errorCode, reason: 'why' }, 0);
      assert.match(textOf(packetOf(failure)), new RegExp(`^E=${errorCode} R=0 C=[0-9A-F]{32} V=3$`));
      assert.deepEqual(failed, { type: 'failed', errorCode, detail: 'why' });
    }
  });

  it('does not trust a verdict whose hash does not fit the Response', () => {
    const state = start();
    state.chap.receive(response(state));
    const outputs = state.chap.conclude({ ...accepted, ntHash: ntPasswordHash('other') }, 0);
    assert.match(textOf(packetOf(outputs[0])), /^E=691 /);
  });

  it('answers no challenge, Success, Failure or Change-Password of the peer (CH-2)', () => {
    const state = start();
    for (const code of [0, 1, 3, 4, 5, 6, 7, 200]) {
      const packet = { ...state.challenge, code };
      assert.deepEqual(state.chap.receive(packet), [{ type: 'discarded', reason: 'chap_not_a_response' }]);
    }
  });
});

describe('the client', () => {
  const credentials = { username: 'CORP\\alice', ntHash };

  function login(peer: ChapPeer, chap: ChapAuthenticator) {
    const challenge = packetOf(chap.start(0)[0]);
    const answer = packetOf(peer.receive(challenge)[0]);
    return { challenge, answer, asked: chap.receive(answer) };
  }

  it('answers a challenge, and checks that the server knows the hash', () => {
    const peer = new ChapPeer(credentials, countingRandom());
    const chap = new ChapAuthenticator('vpn', countingRandom());
    const { challenge, answer, asked } = login(peer, chap);
    assert.deepEqual(nameOf(asked), ['CORP\\alice', 'alice', true]);
    assert.deepEqual(
      packetOf(peer.receive(challenge)[0]),
      answer,
      'a repeated challenge gets the same answer',
    );
    const [success, server] = chap.conclude(accepted, 0);
    const [client] = peer.receive(packetOf(success));
    assert.ok(client?.type === 'authenticated' && server?.type === 'authenticated');
    assert.deepEqual(client.masterKey, server.masterKey);
    assert.deepEqual(peer.receive(packetOf(success)), [{ type: 'discarded', reason: 'chap_unsolicited' }]);
  });

  it('leaves a server that does not know the password', () => {
    const peer = new ChapPeer(credentials, countingRandom());
    const { challenge } = login(peer, new ChapAuthenticator('vpn', countingRandom()));
    const data = Uint8Array.from(`S=${'0'.repeat(40)}`, (character) => character.charCodeAt(0));
    const [output] = peer.receive({ code: 3, identifier: challenge.identifier, data });
    assert.ok(output?.type === 'failed');
  });

  it('reports the error code of a Failure in words', () => {
    const peer = new ChapPeer(credentials, countingRandom());
    const chap = new ChapAuthenticator('vpn', countingRandom());
    login(peer, chap);
    const [failure] = chap.conclude({ accepted: false, errorCode: 691, reason: '' }, 0);
    assert.deepEqual(peer.receive(packetOf(failure)), [
      { type: 'failed', detail: 'login refused (691): wrong user name or password' },
    ]);
  });

  it('takes no Success or Failure that it did not ask for, and no challenge of another size', () => {
    const peer = new ChapPeer(credentials, countingRandom());
    const data = new Uint8Array(17).fill(16);
    for (const code of [2, 3, 4, 9]) {
      assert.deepEqual(peer.receive({ code, identifier: 1, data }), [
        { type: 'discarded', reason: 'chap_unsolicited' },
      ]);
    }
    for (const size of [0, 8, 17]) {
      const challenge = { code: 1, identifier: 1, data: data.with(0, size) as Uint8Array };
      assert.throws(() => peer.receive(challenge), { name: 'MalformedPacket' });
    }
  });
});
