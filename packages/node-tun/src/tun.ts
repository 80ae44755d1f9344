// A TUN device: whole IP packets to and from the kernel, in batches on one linear memory (TUN/TAP driver,
// Documentation/networking/tuntap.rst). It sets no address and no route: see netlink.ts.
import { errno } from './errno.ts';
import * as libc from './libc.ts';
import { addressOf } from './memory.ts';
import type { PacketVector } from './packet-vector.ts';
import { checked, SystemError } from './system-error.ts';

// fcntl.h, asm-generic
const O_RDWR = 0x2;
const O_NONBLOCK = 0x800;
const O_CLOEXEC = 0x80000;

// linux/if_tun.h
const TUNSETIFF = 0x400454ca;
const TUNSETPERSIST = 0x400454cb;
const TUNSETOWNER = 0x400454cc;
const TUNSETOFFLOAD = 0x400454d0;
const IFF_TUN = 0x1;
const IFF_MULTI_QUEUE = 0x100;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;

const offloadFlags = { csum: 0x1, tso4: 0x2, tso6: 0x4, ecn: 0x8, uso4: 0x20, uso6: 0x40 } as const;

/** linux/if.h: the longest interface name, without its closing zero. */
export const MaxInterfaceName = 15;
const IfreqSize = 40;

export interface TunOptions {
  /** At most 15 bytes; a `%d` in it becomes the first free number. */
  readonly name: string;
  /** The linear memory that all vectors given to `read` and `write` lie in. */
  readonly memory: ArrayBuffer;
  /** Opens one more queue of the device; every opener of that name must ask for it. */
  readonly multiQueue?: true;
  /** A 10-byte virtio_net_hdr precedes every packet, and the kernel may hand over what these offloads allow. */
  readonly virtioNetHeader?: { readonly offloads: readonly (keyof typeof offloadFlags)[] };
  /** The device outlives its last descriptor (`persistent`), or not (the default). */
  readonly lifetime?: 'descriptor' | 'persistent';
  /** User id that may open a persistent device without CAP_NET_ADMIN. */
  readonly owner?: number;
}

export class Tun {
  readonly name: string;
  /** The interface's index. */
  readonly index: number;
  /** Why the last `read` stopped short: 0 (nothing was waiting, or the vector was full) or an errno. EBADFD: the interface is gone. */
  readErrno = 0;
  readonly #base: number;
  readonly #memory: ArrayBuffer;
  #fd: number;

  constructor(name: string, fd: number, memory: ArrayBuffer) {
    this.name = name;
    this.#fd = fd;
    this.index = libc.ifNametoindex(name);
    this.#memory = memory;
    this.#base = addressOf(memory);
  }

  /** -1 once it is closed. */
  get fd(): number {
    return this.#fd;
  }

  /** Fills the vector from index 0 with waiting packets and returns how many there were. Never throws. */
  read(vector: PacketVector): number {
    const { capacity, offsets, lengths, slotSize } = vector;
    const limit = this.#memory.byteLength;
    let count = 0;
    this.readErrno = 0;
    while (count < capacity) {
      const offset = offsets[count] ?? limit;
      const length = libc.read(
        this.#fd,
        this.#base + offset,
        Math.max(0, Math.min(slotSize, limit - offset)),
      );
      if (length <= 0) {
        this.#noteReadError(length);
        break;
      }
      lengths[count++] = length;
    }
    vector.count = count;
    return count;
  }

  /** Writes all packets of the vector, each one's errno beside it, and returns how many went in. Never throws. */
  write(vector: PacketVector): number {
    const { count, offsets, lengths, errnos } = vector;
    const limit = this.#memory.byteLength;
    let written = 0;
    for (let i = 0; i < count; i++) {
      const offset = offsets[i] ?? limit;
      const length = lengths[i] ?? 0;
      if (offset + length > limit) errnos[i] = errno.EFAULT;
      else if (libc.write(this.#fd, this.#base + offset, length) >= 0) {
        errnos[i] = 0;
        written++;
      } else errnos[i] = libc.lastErrno();
    }
    return written;
  }

  close(): void {
    if (this.#fd < 0) return;
    libc.close(this.#fd);
    // The number may soon be somebody else's.
    this.#fd = -1;
  }

  #noteReadError(result: number): void {
    if (result === 0) this.readErrno = errno.EINVAL;
    else {
      const cause = libc.lastErrno();
      if (cause !== errno.EAGAIN) this.readErrno = cause;
    }
  }
}

/** Opens or creates the device, non-blocking. Throws SystemError: ENOENT, EPERM, EBUSY, EINVAL with advice. */
export function openTun(options: TunOptions): Tun {
  const subject = `cannot create the TUN device ${options.name}`;
  const bytes = encodeName(options.name, subject);
  const fd = reserved.pop() ?? openDevice(subject);
  try {
    return new Tun(setUp(fd, bytes, options, subject), fd, options.memory);
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/**
 * Opens the device `count` times for later calls of `openTun`, which then need CAP_NET_ADMIN but no right to open
 * /dev/net/tun. Throws SystemError.
 */
export function reserveTuns(count: number): void {
  while (reserved.length < count) reserved.push(openDevice('cannot open /dev/net/tun'));
}

const reserved: number[] = [];

function openDevice(subject: string): number {
  return checked(libc.open('/dev/net/tun', O_RDWR | O_NONBLOCK | O_CLOEXEC), { subject, syscall: 'open' });
}

function encodeName(name: string, subject: string): Uint8Array {
  const bytes = new TextEncoder().encode(name);
  if (bytes.length > MaxInterfaceName) {
    const advice = `an interface name has at most ${MaxInterfaceName} bytes, this one has ${bytes.length}: shorten it`;
    throw new SystemError({ subject, syscall: 'ioctl', operation: 'TUNSETIFF', errno: errno.EINVAL, advice });
  }
  return bytes;
}

function setUp(fd: number, nameBytes: Uint8Array, options: TunOptions, subject: string): string {
  const ifreq = new Uint8Array(new ArrayBuffer(IfreqSize));
  ifreq.set(nameBytes);
  let flags = IFF_TUN | IFF_NO_PI;
  if (options.multiQueue) flags |= IFF_MULTI_QUEUE;
  if (options.virtioNetHeader) flags |= IFF_VNET_HDR;
  new DataView(ifreq.buffer).setUint16(MaxInterfaceName + 1, flags, true);
  const ioctl = (request: number, argument: number, operation: string) =>
    checked(libc.ioctl(fd, request, argument, operation), { subject, syscall: 'ioctl', operation });
  ioctl(TUNSETIFF, addressOf(ifreq.buffer), 'TUNSETIFF');
  if (options.virtioNetHeader) {
    const offloads = options.virtioNetHeader.offloads.reduce((mask, name) => mask | offloadFlags[name], 0);
    ioctl(TUNSETOFFLOAD, offloads, 'TUNSETOFFLOAD');
  }
  if (options.owner !== undefined) ioctl(TUNSETOWNER, options.owner, 'TUNSETOWNER');
  if (options.lifetime !== undefined) {
    ioctl(TUNSETPERSIST, options.lifetime === 'persistent' ? 1 : 0, 'TUNSETPERSIST');
  }
  return new TextDecoder().decode(ifreq.subarray(0, ifreq.indexOf(0)));
}
