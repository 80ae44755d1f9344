import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { dropCapabilities, effectiveCapabilities, errno, setFaultHook } from '../src/node-tun.ts';
import { skip } from './support/namespace.ts';

describe('capabilities', { skip }, () => {
  it('are read for every thread', () => {
    const capabilities = effectiveCapabilities();
    assert.ok(capabilities.size > 1);
    assert.notEqual(capabilities.get(process.pid), 0n);
  });

  it('are dropped for the calling thread and for no other', () => {
    const script = `
      import { dropCapabilities, effectiveCapabilities, openGreSocket } from '${new URL('../src/node-tun.ts', import.meta.url)}';
      const memory = new ArrayBuffer(4096);
      const before = openGreSocket({ memory });
      dropCapabilities();
      let refused = '';
      try { openGreSocket({ memory }); } catch (error) { refused = error.code; }
      before.receive({ capacity: 0, count: 0, offsets: [], lengths: [], addresses: [], errnos: [], slotSize: 0 });
      const capabilities = effectiveCapabilities();
      console.log(JSON.stringify({
        own: String(capabilities.get(process.pid)),
        others: [...capabilities].filter(([thread, mask]) => thread !== process.pid && mask !== 0n).length > 0,
        refused, open: before.receiveErrno,
      }));`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    assert.equal(child.status, 0, child.stderr);
    assert.deepEqual(JSON.parse(child.stdout), { own: '0', others: true, refused: 'EPERM', open: 0 });
  });

  it('that cannot be dropped are an error', () => {
    setFaultHook(() => errno.EPERM);
    assert.throws(() => dropCapabilities(), { syscall: 'capset', code: 'EPERM' });
    setFaultHook(undefined);
  });
});
