import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errno, errnoName, isSystemError, SystemError } from '../src/node-tun.ts';

describe('a SystemError', () => {
  it('is one line with the system call, the errno and what to do', () => {
    const error = new SystemError({
      subject: 'cannot create the TUN device vpn0',
      syscall: 'open',
      operation: '/dev/net/tun',
      errno: errno.ENOENT,
    });
    assert.match(
      error.message,
      /^cannot create the TUN device vpn0: ENOENT from open \/dev\/net\/tun; .*modprobe tun.*$/,
    );
    assert.deepEqual([error.code, error.syscall, error.errno], ['ENOENT', 'open', 2]);
  });

  it('has advice for every errno of every call, if only where to read on', () => {
    for (let number = 1; number < 134; number++) {
      const error = new SystemError({
        subject: 'x',
        syscall: 'ioctl',
        operation: 'TUNSETIFF',
        errno: number,
      });
      assert.ok(error.advice.length > 10);
    }
  });

  it('is told from other errors by its code', () => {
    const error = new SystemError({ subject: 'x', syscall: 'open', errno: errno.EPERM });
    assert.ok(isSystemError(error, 'ENOENT', 'EPERM'));
    assert.ok(!isSystemError(error, 'ENOENT'));
    assert.ok(!isSystemError(Object.assign(new Error('x'), { errno: errno.EPERM }), 'EPERM'));
  });

  it('names errnos that Node does not know', () => {
    assert.deepEqual([errnoName(77), errnoName(105), errnoName(4000)], ['EBADFD', 'ENOBUFS', 'E4000']);
  });
});
