import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Framed, Framing } from '../../../src/protocol/pptp/framing.ts';
import { controlMessageTypes, LongestMessage } from '../../../src/protocol/pptp/messages.ts';
import { controlOctets } from '../../support/control-messages.ts';
import { fromHex } from '../../support/hex.ts';

const header = (length: number, type = 5, { messageType = 1, cookie = '1a2b3c4d' } = {}): Uint8Array =>
  fromHex(`${[length, messageType].map(u16).join('') + cookie + u16(type)}0000`);
const u16 = (value: number): string => value.toString(16).padStart(4, '0');

function feed(octets: Uint8Array, size: number, framing = new Framing()): Framed[] {
  const framed: Framed[] = [];
  for (let at = 0; at < octets.length; at += size)
    framed.push(...framing.receive(octets.subarray(at, at + size)));
  return framed;
}

const summary = (framed: Framed[]): string[] =>
  framed.map((f) => (f.type === 'message' ? f.message.type : f.type === 'broken' ? f.reason : f.type));

const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

const everyMessage = join(...controlMessageTypes.map((type) => controlOctets(type)));

describe('the framing of a control connection', () => {
  it('finds every message wherever the stream is split (CC-1)', () => {
    for (let split = 0; split <= everyMessage.length; split++) {
      const framing = new Framing();
      const framed = [
        ...framing.receive(everyMessage.subarray(0, split)),
        ...framing.receive(everyMessage.subarray(split)),
      ];
      assert.deepEqual(summary(framed), controlMessageTypes, `split at ${split}`);
    }
  });

  it('finds every message in segments of one octet and of every other size (CC-1)', () => {
    for (const size of [1, 2, 3, 11, 12, 13, 16, 219, 220, 221]) {
      assert.deepEqual(summary(feed(everyMessage, size)), controlMessageTypes, `segments of ${size}`);
    }
  });

  it('finds all of 1,000 messages in one segment (CC-1, B15: accel-ppp took one a read)', () => {
    const segment = join(
      ...Array.from({ length: 1000 }, (_, identifier) => controlOctets('EchoRQ', { identifier })),
    );
    const framed = new Framing().receive(segment);
    assert.equal(framed.length, 1000);
    const last = framed.at(-1);
    assert.ok(last?.type === 'message' && last.message.type === 'EchoRQ' && last.message.identifier === 999);
  });

  it('breaks at a length that is no message of that type, and reads nothing after it (CC-1, B01)', () => {
    const lengths = [0, 1, 2, 9, 10, 11, 12, 15, 17, LongestMessage, LongestMessage + 1, 32767, 32768, 65535];
    for (const length of lengths) {
      for (const size of [1, 12, 4096]) {
        const stream = join(header(length), new Uint8Array(300), controlOctets('EchoRQ'));
        assert.deepEqual(summary(feed(stream, size)), ['length'], `length ${length} in segments of ${size}`);
      }
    }
  });

  it('breaks at length 0 with an unknown type, in finite time (CC-1, B07, B08)', () => {
    assert.deepEqual(summary(feed(header(0, 99), 4096)), ['control_message_type']);
    assert.deepEqual(summary(feed(header(0, 0), 4096)), ['control_message_type']);
    assert.deepEqual(summary(feed(header(0, 1, { messageType: 2 }), 4096)), ['length']);
    assert.deepEqual(summary(feed(header(11, 1, { messageType: 2 }), 4096)), ['length']);
    assert.deepEqual(summary(feed(header(221, 1, { messageType: 2 }), 4096)), ['length']);
  });

  it('breaks at a wrong cookie once the header is there, whatever the rest says (CC-1)', () => {
    for (const messageType of [1, 2]) {
      const octets = header(16, 5, { messageType, cookie: '1a2b3c4e' });
      assert.deepEqual(summary(new Framing().receive(octets)), ['magic_cookie']);
    }
  });

  it('skips a message that is no control message, and reads on (CC-1)', () => {
    const management = join(header(20, 7, { messageType: 2 }), new Uint8Array(8));
    const empty = header(12, 7, { messageType: 0 });
    const stream = join(management, controlOctets('EchoRQ'), empty, controlOctets('CCRQ'));
    for (const size of [1, 7, 4096]) {
      assert.deepEqual(summary(feed(stream, size)), ['ignored', 'EchoRQ', 'ignored', 'CCRQ']);
    }
  });

  it('does not share memory with what it was given', () => {
    const octets = controlOctets('EchoRQ', { identifier: 5 });
    const framing = new Framing();
    framing.receive(octets.subarray(0, 14));
    octets.fill(0xff, 0, 14);
    assert.deepEqual(summary(framing.receive(octets.subarray(14))), ['EchoRQ']);
  });

  it('finds the same in any stream, however it is cut', () => {
    const piece = fc.oneof(
      fc.constantFrom(...controlMessageTypes).map((type) => controlOctets(type)),
      fc.uint8Array({ maxLength: 40 }),
      fc.nat({ max: 65535 }).map((length) => header(length)),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.integer({ min: 1, max: 50 }), (pieces, size) => {
        const stream = join(...pieces);
        assert.deepEqual(feed(stream, size), new Framing().receive(stream));
      }),
      { numRuns: 500 },
    );
  });
});
