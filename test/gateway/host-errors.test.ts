import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Host } from '../../src/gateway/host/host.ts';
import { HostErrors } from '../../src/gateway/host-errors.ts';
import type { GatewayRecorder } from '../../src/gateway/metrics.ts';
import type { SessionNetwork } from '../../src/gateway/session-network.ts';
import type { SessionPacketVector } from '../../src/protocol/datapath/packet-vector.ts';

const names: Record<number, string> = { 1: 'EPERM', 5: 'EIO', 90: 'EMSGSIZE' };

function hostErrors() {
  const counted: string[] = [];
  const refused: string[] = [];
  const errors = new HostErrors(
    {
      refused: (session: number, size: number) => refused.push(`${session}: ${size}`),
    } as unknown as SessionNetwork,
    {
      countHostError: (operation: string, name: string) => counted.push(`${operation} ${name}`),
    } as unknown as GatewayRecorder,
    (errno) => names[errno] ?? 'OTHER',
  );
  return { errors, counted, refused };
}

const vector = {
  count: 4,
  errnos: Int32Array.of(0, 90, 1, 90),
  sessions: Uint32Array.of(3, 4, 4, 9),
  lengths: Uint32Array.of(100, 1454, 100, 1400),
} as unknown as SessionPacketVector;

describe('HostErrors', () => {
  it('counts every refused packet by operation and errno, and those alone', () => {
    const { errors, counted } = hostErrors();
    errors.noteGre(vector);
    errors.noteTun(vector);
    assert.deepEqual(counted.slice(0, 3), ['gre_send EMSGSIZE', 'gre_send EPERM', 'gre_send EMSGSIZE']);
    assert.deepEqual(counted.slice(3), ['tun_write EMSGSIZE', 'tun_write EPERM', 'tun_write EMSGSIZE']);
  });

  it('EMSGSIZE is news for the path MTU of its session: after the batch, once', () => {
    const { errors, refused } = hostErrors();
    errors.noteGre(vector);
    assert.deepEqual(refused, []);
    errors.settle(0);
    errors.settle(0);
    assert.deepEqual(refused, ['4: 1454', '9: 1400']);
  });

  it('counts what reading fails of, and hands on what was read', () => {
    const { errors, counted } = hostErrors();
    let errno = 0;
    const fake = { receiveGre: () => 2, readTun: () => 1, receiveErrno: () => errno, readErrno: () => errno };
    const doors = errors.countingReads(fake as unknown as Host);
    assert.deepEqual([doors.receiveGre(vector), doors.readTun(vector), counted], [2, 1, []]);
    errno = 5;
    doors.receiveGre(vector);
    doors.readTun(vector);
    assert.deepEqual(counted, ['gre_receive EIO', 'tun_read EIO']);
  });
});
