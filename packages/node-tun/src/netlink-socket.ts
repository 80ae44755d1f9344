// A NETLINK_ROUTE socket: one request, then its answer, in the calling thread. The kernel works requests off while
// they are sent, so nothing here waits for the network.
import * as libc from './libc.ts';
import { addressOf } from './memory.ts';
import {
  concatenate,
  decodeAttributes,
  decodeMessages,
  encodeMessage,
  type NetlinkMessage,
  readText,
} from './netlink-message.ts';
import { setIntegerOption, socketOption } from './socket-options.ts';
import { checked, SystemError } from './system-error.ts';

// sys/socket.h, linux/netlink.h
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0x80000;
const NETLINK_ROUTE = 0;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_DUMP = 0x300;
const NLMSGERR_ATTR_MSG = 1;
/** With NETLINK_CAP_ACK: errno, then the header of our request, then attributes. */
const ErrorAttributes = 20;

/** The kernel fills at most this much in one answer to a dump. */
const ReceiveSize = 65536;
/** A dump that other changes interrupted is asked again. */
const MaxDumpAttempts = 8;

export interface NetlinkRequest {
  readonly type: number;
  readonly flags?: number;
  /** The message type's name, e.g. `RTM_NEWROUTE`, for errors and the fault hook. */
  readonly operation: string;
  /** What is attempted, for errors: `cannot add the route 10.0.0.0/24`. */
  readonly subject: string;
  /** The fixed part and the attributes. */
  readonly parts: readonly Uint8Array[];
}

export class NetlinkSocket {
  readonly #fd: number;
  readonly #buffer = new Uint8Array(new ArrayBuffer(ReceiveSize));
  readonly #address = addressOf(this.#buffer.buffer);
  #sequence = 0;
  #closed = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Sends a request and returns what came before its acknowledgement. Throws SystemError. */
  request(request: NetlinkRequest): NetlinkMessage[] {
    return this.#exchange(request, NLM_F_ACK).messages;
  }

  /** Asks for all objects of a kind, again if they changed meanwhile. Throws SystemError. */
  dump(request: NetlinkRequest): NetlinkMessage[] {
    for (let attempt = 1; ; attempt++) {
      const { messages, interrupted } = this.#exchange(request, NLM_F_DUMP);
      if (!interrupted || attempt === MaxDumpAttempts) return messages;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    libc.close(this.#fd);
  }

  #exchange(request: NetlinkRequest, extraFlags: number) {
    const { subject, operation } = request;
    const sequence = ++this.#sequence;
    const flags = NLM_F_REQUEST | extraFlags | (request.flags ?? 0);
    const bytes = encodeMessage(
      { type: request.type, flags, payload: concatenate(...request.parts) },
      sequence,
    );
    const sent = libc.send(this.#fd, addressOf(bytes.buffer), bytes.length, operation);
    checked(sent, { subject, syscall: 'send', operation });
    const messages: NetlinkMessage[] = [];
    let interrupted = false;
    for (;;) {
      const length = libc.recv(this.#fd, this.#address, ReceiveSize, operation);
      checked(length, { subject, syscall: 'recv', operation });
      for (const message of decodeMessages(this.#buffer.slice(0, length))) {
        if (message.sequence !== sequence) continue;
        interrupted ||= (message.flags & NLM_F_DUMP_INTR) !== 0;
        if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
          throwIfRefused(message.payload, request);
          return { messages, interrupted };
        }
        messages.push(message);
      }
    }
  }
}

function throwIfRefused(payload: Uint8Array, { subject, operation }: NetlinkRequest): void {
  const code = payload.length < 4 ? 0 : new DataView(payload.buffer, payload.byteOffset).getInt32(0, true);
  if (code >= 0) return;
  const reason = readText(decodeAttributes(payload, ErrorAttributes).get(NLMSGERR_ATTR_MSG));
  const failure = { syscall: 'netlink', operation, errno: -code };
  throw new SystemError({
    ...failure,
    subject: reason === '' ? subject : `${subject} (the kernel says: ${reason})`,
  });
}

/** Opens the socket in the calling thread's network namespace. Needs no capability; changes need CAP_NET_ADMIN. */
export function openNetlinkSocket(): NetlinkSocket {
  const subject = 'cannot open a netlink socket';
  const failure = { subject, syscall: 'socket', operation: 'NETLINK_ROUTE' };
  const fd = checked(
    libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE, 'NETLINK_ROUTE'),
    failure,
  );
  try {
    setIntegerOption(fd, socketOption.NETLINK_CAP_ACK, 1, subject);
    setIntegerOption(fd, socketOption.NETLINK_EXT_ACK, 1, subject);
    return new NetlinkSocket(fd);
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}
