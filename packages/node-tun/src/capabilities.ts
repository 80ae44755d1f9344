// Giving up root's powers (capabilities(7)). Linux keeps capabilities per thread, and Node has threads before the
// first line of a program runs: dropping them here protects the calling thread only. Compare with
// `effectiveCapabilities` before claiming more.
import { readdirSync, readFileSync } from 'node:fs';
import * as libc from './libc.ts';
import { addressOf } from './memory.ts';
import { checked } from './system-error.ts';

/** linux/capability.h: _LINUX_CAPABILITY_VERSION_3, two words each of effective, permitted, inheritable. */
const Version3 = 0x20080522;
const DataSize = 24;

/** Drops all capabilities of the calling thread, for good. Descriptors that are open stay usable. Throws SystemError. */
export function dropCapabilities(): void {
  setCapabilities({ effective: 0, permitted: 0, inheritable: 0 }, 'cannot drop the capabilities');
}

/** A bit each, capability.h; those above bit 31 are never ours. */
export interface CapabilitySets {
  readonly effective: number;
  readonly permitted: number;
  readonly inheritable: number;
}

/** Sets the capabilities of the calling thread. Throws SystemError, beginning with `subject`. */
export function setCapabilities(sets: CapabilitySets, subject: string): void {
  const header = new Uint32Array([Version3, 0]);
  const data = new Uint32Array(DataSize / Uint32Array.BYTES_PER_ELEMENT);
  data.set([sets.effective, sets.permitted, sets.inheritable]);
  const result = libc.capset(addressOf(header.buffer), addressOf(data.buffer));
  checked(result, { subject, syscall: 'capset' });
}

/** The effective capabilities (a bit each, capability.h) of every thread of this process, by thread id. */
export function effectiveCapabilities(): Map<number, bigint> {
  const capabilities = new Map<number, bigint>();
  for (const thread of readdirSync('/proc/self/task')) {
    const mask = readCapabilities(`/proc/self/task/${thread}/status`);
    if (mask !== undefined) capabilities.set(Number(thread), mask);
  }
  return capabilities;
}

// A thread may end between the listing and the reading.
function readCapabilities(path: string): bigint | undefined {
  try {
    const hex = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync(path, 'utf8'))?.[1];
    return hex === undefined ? undefined : BigInt(`0x${hex}`);
  } catch {
    return undefined;
  }
}
