import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Mailbox } from '../../src/probe/mailbox.ts';

describe('the mailbox between callbacks and steps', () => {
  it('keeps the order, whether the letters or the reader came first', async () => {
    const mailbox = new Mailbox<number>();
    mailbox.post(1);
    mailbox.post(2);
    assert.deepEqual([await mailbox.next(0), await mailbox.next(0)], [1, 2]);
    const waiting = mailbox.next(60_000);
    mailbox.post(3);
    mailbox.post(4);
    assert.deepEqual([await waiting, await mailbox.next(0)], [3, 4]);
  });

  it('gives nothing when nothing came in time', async () => {
    assert.equal(await new Mailbox<number>().next(1), undefined);
  });
});
