import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { format, inspect } from 'node:util';
import { Secret } from '../../src/process/secret.ts';

const canary = '8846f7eaee8fb117ad06bdd830b7586c';

describe('a secret', () => {
  const secret = new Secret(canary);

  it('gives its value to reveal() alone', () => {
    assert.equal(secret.reveal(), canary);
  });

  it('shows as [redacted] however it is printed', () => {
    const ways = [
      String(secret),
      `${secret}`,
      JSON.stringify({ secret }),
      inspect({ deep: { secret } }, { depth: 9, showHidden: true }),
      format('%s %o %O %j', secret, secret, secret, secret),
      JSON.stringify(Object.entries(secret)),
      JSON.stringify(structuredClone({ ...secret })),
    ];
    for (const shown of ways) assert.ok(!shown.includes(canary), shown);
    assert.equal(JSON.stringify({ secret }), '{"secret":"[redacted]"}');
  });
});
