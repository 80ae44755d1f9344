// The socket's error queue (IP_RECVERR, ip(7)): what routers and the kernel itself said about packets we sent. The
// quoted bytes let the caller find out whose packet it was; they come from the network and prove nothing.
import * as libc from './libc.ts';
import { addressOf, writeWord64 } from './memory.ts';
import { SinAddr, SockaddrInSize } from './message-batch.ts';

const MSG_DONTWAIT = 0x40;
const MSG_ERRQUEUE = 0x2000;
const IPPROTO_IP = 0;
const IP_RECVERR = 11;
/** linux/errqueue.h: SO_EE_ORIGIN_ICMP. */
const OriginIcmp = 2;

/** ICMP quotes 8 bytes or more beyond the IP header (RFC 792); the enhanced GRE header has its call ID in them. */
const QuoteSize = 256;
const ControlSize = 256;

// Layout of our own block: msghdr, iovec, sockaddr_in, control, quote.
const Iovec = 56;
const Name = Iovec + 16;
const Control = Name + SockaddrInSize;
const Quote = Control + ControlSize;
const BlockSize = Quote + QuoteSize;

// struct cmsghdr with struct sock_extended_err and the offender's sockaddr_in after it, from the cmsghdr on.
const CmsgLevel = 8;
const CmsgType = 12;
const EeErrno = 16;
const EeOrigin = 20;
const EeType = 21;
const EeCode = 22;
const EeInfo = 24;
const Offender = 32;

export interface IcmpError {
  readonly errno: number;
  /**
   * `local`: the kernel refused the packet itself, e.g. longer than the device's MTU. The errno beside the packet has
   * said so already, and the same packet may be here twice: do not count these.
   */
  readonly origin: 'icmp' | 'local';
  /** ICMP type and code (RFC 792); 0 when local. */
  readonly type: number;
  readonly code: number;
  /** With EMSGSIZE the MTU of the next hop in bytes, else 0. */
  readonly mtu: number;
  /** IPv4 address of the router or host that complains, host order; 0 when local. */
  readonly from: number;
  /** Destination of the packet complained about, host order. */
  readonly destination: number;
  /** The packet's first bytes from its IPv4 header on, as quoted; may be empty when local. */
  readonly quoted: Uint8Array;
}

export class IcmpErrorReader {
  readonly #block = new ArrayBuffer(BlockSize);
  readonly #address = addressOf(this.#block);
  readonly #words = new Uint32Array(this.#block);
  readonly #bytes = new DataView(this.#block);

  /** Takes at most `limit` errors off the queue of this socket. */
  drain(fd: number, limit: number): IcmpError[] {
    const errors: IcmpError[] = [];
    for (let i = 0; i < limit; i++) {
      this.#prepare();
      const length = libc.recvmsg(fd, this.#address, MSG_ERRQUEUE | MSG_DONTWAIT);
      if (length < 0) break;
      const error = this.#parse(length);
      if (error !== undefined) errors.push(error);
    }
    return errors;
  }

  // struct msghdr: name, namelen, iov, iovlen, control, controllen
  #prepare(): void {
    writeWord64(this.#words, 0, this.#address + Name);
    writeWord64(this.#words, 2, SockaddrInSize);
    writeWord64(this.#words, 4, this.#address + Iovec);
    writeWord64(this.#words, 6, 1);
    writeWord64(this.#words, 8, this.#address + Control);
    writeWord64(this.#words, 10, ControlSize);
    writeWord64(this.#words, Iovec >> 2, this.#address + Quote);
    writeWord64(this.#words, (Iovec >> 2) + 2, QuoteSize);
  }

  #parse(length: number): IcmpError | undefined {
    const bytes = this.#bytes;
    const controlLength = bytes.getUint32(40, true);
    if (controlLength < Offender) return undefined;
    if (bytes.getInt32(Control + CmsgLevel, true) !== IPPROTO_IP) return undefined;
    if (bytes.getInt32(Control + CmsgType, true) !== IP_RECVERR) return undefined;
    const isIcmp = bytes.getUint8(Control + EeOrigin) === OriginIcmp;
    return {
      errno: bytes.getInt32(Control + EeErrno, true),
      origin: isIcmp ? 'icmp' : 'local',
      type: bytes.getUint8(Control + EeType),
      code: bytes.getUint8(Control + EeCode),
      mtu: bytes.getUint32(Control + EeInfo, true),
      from: isIcmp ? bytes.getUint32(Control + Offender + SinAddr) : 0,
      destination: bytes.getUint32(Name + SinAddr),
      quoted: new Uint8Array(this.#block, Quote, Math.min(length, QuoteSize)).slice(),
    };
  }
}
