import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readNtHash } from '../../src/api/secret.ts';
import { md4 } from '../../src/protocol/crypto/md4.ts';

const metadata = { namespace: 'vpn', name: 'alice' };
const base64 = (bytes: string | Uint8Array) => Buffer.from(bytes).toString('base64');
const hashOf = (data: Record<string, string>, key = 'password') => {
  const result = readNtHash({ metadata, data }, key);
  return 'ntHash' in result ? result.ntHash : result.fault.what;
};
const plain = (password: string) => readNtHash({ metadata, stringData: { password } }, 'password');

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

describe('the password in a Secret', () => {
  it('is hashed as in RFC 2759 §9.2, from data and from stringData', () => {
    const expected = '44ebba8d5312b8d611474411f56989ae';
    assert.equal(hashOf({ password: base64('clientPass') }), expected);
    assert.deepEqual(plain('clientPass'), { ntHash: expected });
  });

  it('is hashed as it stands: composed and decomposed letters differ (CH-4)', () => {
    assert.notDeepEqual(plain('caf\u00e9'), plain('cafe\u0301'));
    assert.equal('ntHash' in plain('正しい馬'), true);
    assert.equal('octetsNtHash' in plain('clientPass'), false);
    // What pppd 2.4.9 makes of one hiragana in UTF-8: a zero after each of its three octets (CH-4).
    const octets = Uint8Array.from([0xe3, 0, 0x81, 0, 0x82, 0]);
    const utf16 = Uint8Array.from([0x42, 0x30]);
    assert.deepEqual(plain('あ'), { ntHash: hex(md4(utf16)), octetsNtHash: hex(md4(octets)) });
  });

  it('comes from stringData when both are there, as the API server decides', () => {
    const both = { metadata, data: { password: base64('one') }, stringData: { password: 'two' } };
    assert.deepEqual(readNtHash(both, 'password'), plain('two'));
  });

  it('may be its NT hash under the key ntHash, asked for or found in place of the password', () => {
    const ntHash = '44EBBA8D5312B8D611474411F56989AE';
    assert.equal(hashOf({ ntHash: base64(ntHash) }, 'ntHash'), ntHash.toLowerCase());
    assert.equal(hashOf({ ntHash: base64(`${ntHash}\n`) }), ntHash.toLowerCase());
    assert.equal(hashOf({ ntHash: base64('44eb') }), 'has no NT hash under ntHash');
  });

  it('is missing when neither key is there', () => {
    const result = readNtHash({ metadata, data: { passwd: base64('x') } }, 'password');
    assert.deepEqual('fault' in result && [result.missing, result.fault.what], [true, 'has no key password']);
  });

  it('is refused when no client could send it', () => {
    assert.equal(hashOf({ password: base64('') }), 'holds an empty password');
    assert.equal(
      hashOf({ password: base64('x'.repeat(257)) }),
      'holds a password of more than 256 characters',
    );
    assert.equal(hashOf({ password: base64('x\n') }), 'holds a password that ends in a line break');
    assert.equal(hashOf({ password: base64('x\u0000y') }), 'holds a password with a control character');
    assert.equal(
      hashOf({ password: base64(Uint8Array.of(0xff, 0xfe)) }),
      'is not text in UTF-8 under password',
    );
    assert.equal(hashOf({ password: '%%%' }), 'is not text in UTF-8 under password');
  });

  it('may be 256 UTF-16 units long', () => {
    assert.equal('ntHash' in plain('x'.repeat(256)), true);
    assert.equal('ntHash' in plain('𠮷'.repeat(129)), false);
  });
});
