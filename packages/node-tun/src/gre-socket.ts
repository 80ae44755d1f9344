// A raw IPv4 socket for enhanced GRE (RFC 2637 §4.1): all sessions of a server share it, batches go straight to and
// from one linear memory. We write the outer IPv4 header ourselves (IP_HDRINCL, raw(7)); the kernel fills in the
// checksum, and the identification where it is 0.
import { assembleGreFilter, type GreFilter, socketFilterProgram } from './classic-bpf.ts';
import { errno } from './errno.ts';
import { type IcmpError, IcmpErrorReader } from './icmp-error.ts';
import * as libc from './libc.ts';
import { AF_INET, MessageBatch } from './message-batch.ts';
import type { PacketVector } from './packet-vector.ts';
import { setIntegerOption, setStructureOption, socketOption } from './socket-options.ts';
import { checked } from './system-error.ts';

// sys/socket.h, asm-generic
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
const MSG_DONTWAIT = 0x40;
/** IANA protocol number 47. */
const IPPROTO_GRE = 47;

/** linux/in.h: IP_PMTUDISC_*. `probe`: DF as the header says, and the kernel's own path MTU is ignored. */
const pathMtuDiscoveryModes = { dont: 0, want: 1, do: 2, probe: 3, interface: 4, omit: 5 } as const;

/** Packets that one system call moves at most. */
const DefaultBatch = 256;
/** A pending error of an earlier packet (IP_RECVERR) makes one call fail; more than a few in a row are this call's own. */
const MaxPendingErrors = 4;

export interface GreSocketOptions extends GreFilter {
  /** The linear memory that all vectors given to `receive` and `send` lie in. */
  readonly memory: ArrayBuffer;
  /** Bytes of kernel buffer, beyond net.core.rmem_max where CAP_NET_ADMIN allows it. */
  readonly receiveBuffer?: number;
  readonly sendBuffer?: number;
  /** Default `probe`. */
  readonly pathMtuDiscovery?: keyof typeof pathMtuDiscoveryModes;
  /** Packets a system call; default 256. */
  readonly batch?: number;
}

export class GreSocket {
  readonly fd: number;
  /** Why the last `receive` returned nothing: 0 (nothing was waiting) or an errno. */
  receiveErrno = 0;
  readonly #incoming: MessageBatch;
  readonly #outgoing: MessageBatch;
  readonly #errors = new IcmpErrorReader();
  #closed = false;

  constructor(fd: number, memory: ArrayBuffer, batch: number) {
    this.fd = fd;
    this.#incoming = new MessageBatch(batch, memory);
    this.#outgoing = new MessageBatch(batch, memory);
  }

  /**
   * One batch of whole IPv4 packets (header included) into the vector's slots from index 0, with their lengths and
   * source addresses. Returns how many. Never throws.
   */
  receive(vector: PacketVector): number {
    const batch = this.#incoming;
    const wanted = Math.min(vector.capacity, batch.capacity);
    batch.prepareReceive(vector, wanted);
    const count = this.#receivePrepared(wanted);
    batch.collectReceived(vector, count);
    vector.count = count;
    return count;
  }

  /**
   * Sends all packets of the vector, each one's errno beside it, and returns how many the kernel took. A packet that
   * fails is skipped; none is tried more than twice. Never throws.
   */
  send(vector: PacketVector): number {
    let sent = 0;
    for (let start = 0; start < vector.count; start += this.#outgoing.capacity) {
      const count = Math.min(this.#outgoing.capacity, vector.count - start);
      this.#outgoing.prepareSend(vector, start, count);
      sent += this.#sendPrepared(vector.errnos, start, count);
    }
    return sent;
  }

  /** Takes at most `limit` errors (ICMP from the network, or the kernel's own) off the error queue. Never throws. */
  receiveErrors(limit = 64): IcmpError[] {
    return this.#errors.drain(this.fd, limit);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    libc.close(this.fd);
  }

  #receivePrepared(wanted: number): number {
    this.receiveErrno = 0;
    for (let attempt = 0; attempt <= MaxPendingErrors; attempt++) {
      const count = libc.recvmmsg(this.fd, this.#incoming.address, wanted, MSG_DONTWAIT);
      if (count >= 0) return count;
      const cause = libc.lastErrno();
      if (cause === errno.EAGAIN) return 0;
      this.receiveErrno = cause;
    }
    return 0;
  }

  #sendPrepared(errnos: Int32Array, start: number, count: number): number {
    let sent = 0;
    let triedAgain = -1;
    for (let done = 0; done < count; ) {
      const taken = libc.sendmmsg(this.fd, this.#outgoing.at(done), count - done, MSG_DONTWAIT);
      if (taken > 0) {
        errnos.fill(0, start + done, start + done + taken);
        done += taken;
        sent += taken;
        continue;
      }
      const cause = libc.lastErrno();
      if (cause === errno.EAGAIN) {
        errnos.fill(cause, start + done, start + count);
        break;
      }
      // An ICMP error about an earlier packet is reported to whatever call comes next: only the second one is ours.
      if (triedAgain !== done && mayBelongToAnother(cause)) triedAgain = done;
      else errnos[start + done++] = cause;
    }
    return sent;
  }
}

function mayBelongToAnother(cause: number): boolean {
  return cause !== errno.ENOBUFS && cause !== errno.EPERM && cause !== errno.EINVAL;
}

/** Opens the socket, non-blocking, with its filter attached. Throws SystemError: EPERM without CAP_NET_RAW. */
export function openGreSocket(options: GreSocketOptions): GreSocket {
  const subject = 'cannot open the raw GRE socket';
  const type = SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC;
  const fd = checked(libc.socket(AF_INET, type, IPPROTO_GRE, 'GRE'), {
    subject,
    syscall: 'socket',
    operation: 'GRE',
  });
  try {
    configure(fd, options, subject);
    return new GreSocket(fd, options.memory, options.batch ?? DefaultBatch);
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

function configure(fd: number, options: GreSocketOptions, subject: string): void {
  const { pathMtuDiscovery = 'probe', receiveBuffer, sendBuffer } = options;
  const program = assembleGreFilter(options);
  setStructureOption(fd, socketOption.SO_ATTACH_FILTER, socketFilterProgram(program), subject);
  setIntegerOption(fd, socketOption.IP_HDRINCL, 1, subject);
  setIntegerOption(fd, socketOption.IP_RECVERR, 1, subject);
  setIntegerOption(fd, socketOption.IP_MTU_DISCOVER, pathMtuDiscoveryModes[pathMtuDiscovery], subject);
  const { SO_RCVBUFFORCE, SO_RCVBUF, SO_SNDBUFFORCE, SO_SNDBUF } = socketOption;
  if (receiveBuffer !== undefined) setBuffer(fd, [SO_RCVBUFFORCE, SO_RCVBUF], receiveBuffer, subject);
  if (sendBuffer !== undefined) setBuffer(fd, [SO_SNDBUFFORCE, SO_SNDBUF], sendBuffer, subject);
}

// Without CAP_NET_ADMIN the kernel's own maximum is the best there is; the smaller buffer is no reason to fail.
function setBuffer(
  fd: number,
  [forced, limited]: readonly [libc.SocketOption, libc.SocketOption],
  size: number,
  subject: string,
): void {
  try {
    setIntegerOption(fd, forced, size, subject);
  } catch {
    setIntegerOption(fd, limited, size, subject);
  }
}
