// Readiness of descriptors on Node's own event loop, without a thread: an epoll set of theirs is itself watched by
// libuv. (Watching a socket with libuv directly would stop at the first entry of its error queue.) It keeps the
// process alive until closed, and closing it lets the process end at once.
import koffi from 'koffi';
import * as libc from './libc.ts';
import { addressOf } from './memory.ts';
import { checked } from './system-error.ts';

// sys/epoll.h
const EPOLL_CLOEXEC = 0x80000;
const EPOLL_CTL_ADD = 1;
const EPOLLIN = 0x1;
const EPOLLERR = 0x8;
const EPOLLHUP = 0x10;
// struct epoll_event is packed on x86-64 only.
const EventSize = process.arch === 'x64' ? 12 : 16;
const DataField = process.arch === 'x64' ? 4 : 8;

const MaxDescriptors = 31;

export interface PollerOptions {
  readonly descriptors: readonly number[];
  /**
   * Called as long as anything is ready, once a turn of the event loop. Bit `i` stands for `descriptors[i]`.
   * `failed`: an error is waiting (for a GRE socket: call receiveErrors; for a TUN: the interface is gone).
   */
  readonly onReady: (readable: number, failed: number) => void;
}

export interface Poller {
  /** No call of `onReady` comes afterwards. The descriptors stay open. */
  close(): void;
}

/** Begins to watch. Throws SystemError. */
export function openPoller({ descriptors, onReady }: PollerOptions): Poller {
  if (descriptors.length > MaxDescriptors) throw new RangeError(`at most ${MaxDescriptors} descriptors`);
  const subject = 'cannot watch the descriptors';
  const epoll = checked(libc.epollCreate(EPOLL_CLOEXEC), { subject, syscall: 'epoll_create1' });
  const events = new DataView(new ArrayBuffer(descriptors.length * EventSize));
  const address = addressOf(events.buffer);
  let closed = false;
  const deliver = () => {
    if (closed) return;
    const { readable, failed } = collect(events, libc.epollWait(epoll, address, descriptors.length, 0));
    if ((readable | failed) !== 0) onReady(readable, failed);
  };
  try {
    descriptors.forEach((fd, bit) => {
      add(epoll, fd, bit, subject);
    });
    // libuv's callback is outside of Node's task queues: only an immediate runs promises and ticks after it.
    const handle = koffi.node.poll(epoll, { readable: true }, () => void setImmediate(deliver));
    return {
      close() {
        if (closed) return;
        closed = true;
        handle.close();
        libc.close(epoll);
      },
    };
  } catch (error) {
    libc.close(epoll);
    throw error;
  }
}

function add(epoll: number, fd: number, bit: number, subject: string): void {
  const event = new DataView(new ArrayBuffer(EventSize));
  event.setUint32(0, EPOLLIN, true);
  event.setUint32(DataField, bit, true);
  checked(libc.epollCtl(epoll, EPOLL_CTL_ADD, fd, addressOf(event.buffer)), {
    subject,
    syscall: 'epoll_ctl',
  });
}

function collect(events: DataView, count: number): { readable: number; failed: number } {
  let readable = 0;
  let failed = 0;
  for (let i = 0; i < count; i++) {
    const happened = events.getUint32(i * EventSize, true);
    const bit = 1 << events.getUint32(i * EventSize + DataField, true);
    if ((happened & EPOLLIN) !== 0) readable |= bit;
    if ((happened & (EPOLLERR | EPOLLHUP)) !== 0) failed |= bit;
  }
  return { readable, failed };
}
