// libc by name, each call behind the fault hook. Pointers are numbers, results are libc's own: negative means
// that `lastErrno` tells why. Nothing here throws.
import koffi from 'koffi';
import { injectedErrno, isFaulty } from './fault-hook.ts';

type Native = (...values: (number | string)[]) => number;

// The running program's own libc, whichever it is (glibc or musl).
const library = koffi.load(null);
const bind = (prototype: string): Native => library.func(prototype);

const nativeOpen = bind('int open(str, int, int)');
const nativeClose = bind('int close(int)');
const nativeIoctl = bind('int ioctl(int, ulong, uint64_t)');
const nativeRead = bind('long read(int, uint64_t, size_t)');
const nativeWrite = bind('long write(int, uint64_t, size_t)');
const nativeSocket = bind('int socket(int, int, int)');
const nativeBind = bind('int bind(int, uint64_t, uint)');
const nativeSetsockopt = bind('int setsockopt(int, int, int, uint64_t, uint)');
const nativeGetsockopt = bind('int getsockopt(int, int, int, uint64_t, uint64_t)');
const nativeSend = bind('long send(int, uint64_t, size_t, int)');
const nativeRecv = bind('long recv(int, uint64_t, size_t, int)');
const nativeRecvmsg = bind('long recvmsg(int, uint64_t, int)');
const nativeRecvmmsg = bind('int recvmmsg(int, uint64_t, uint, int, uint64_t)');
const nativeSendmmsg = bind('int sendmmsg(int, uint64_t, uint, int)');
const nativeEpollCreate = bind('int epoll_create1(int)');
const nativeEpollCtl = bind('int epoll_ctl(int, int, int, uint64_t)');
const nativeEpollWait = bind('int epoll_wait(int, uint64_t, int, int)');
const nativeIfNametoindex = bind('uint if_nametoindex(str)');
const nativeCapset = bind('int capset(uint64_t, uint64_t)');
const nativePrctl = bind('int prctl(int, ulong, ulong, ulong, ulong)');

/** The errno of the call that failed last on this thread. Ask at once: the next call may overwrite it. */
export function lastErrno(): number {
  return injectedErrno() || koffi.errno();
}

export function open(path: string, flags: number): number {
  return isFaulty('open', -1, path) ? -1 : nativeOpen(path, flags, 0);
}

export function close(fd: number): number {
  return isFaulty('close', fd, '') ? -1 : nativeClose(fd);
}

export function ioctl(fd: number, request: number, argument: number, operation: string): number {
  return isFaulty('ioctl', fd, operation) ? -1 : nativeIoctl(fd, request, argument);
}

export function read(fd: number, address: number, length: number): number {
  return isFaulty('read', fd, '') ? -1 : nativeRead(fd, address, length);
}

export function write(fd: number, address: number, length: number): number {
  return isFaulty('write', fd, '') ? -1 : nativeWrite(fd, address, length);
}

export function socket(domain: number, type: number, protocol: number, operation: string): number {
  return isFaulty('socket', -1, operation) ? -1 : nativeSocket(domain, type, protocol);
}

export function bindSocket(fd: number, address: number, length: number): number {
  return isFaulty('bind', fd, '') ? -1 : nativeBind(fd, address, length);
}

export interface SocketOption {
  readonly level: number;
  readonly name: number;
  /** The constant's name, for errors and the fault hook. */
  readonly operation: string;
}

export function setsockopt(fd: number, option: SocketOption, address: number, length: number): number {
  const { level, name, operation } = option;
  return isFaulty('setsockopt', fd, operation) ? -1 : nativeSetsockopt(fd, level, name, address, length);
}

export function getsockopt(fd: number, option: SocketOption, address: number, lengthAddress: number): number {
  const { level, name, operation } = option;
  return isFaulty('getsockopt', fd, operation)
    ? -1
    : nativeGetsockopt(fd, level, name, address, lengthAddress);
}

export function send(fd: number, address: number, length: number, operation: string): number {
  return isFaulty('send', fd, operation) ? -1 : nativeSend(fd, address, length, 0);
}

export function recv(fd: number, address: number, length: number, operation: string): number {
  return isFaulty('recv', fd, operation) ? -1 : nativeRecv(fd, address, length, 0);
}

export function recvmsg(fd: number, message: number, flags: number): number {
  return isFaulty('recvmsg', fd, '') ? -1 : nativeRecvmsg(fd, message, flags);
}

export function recvmmsg(fd: number, messages: number, count: number, flags: number): number {
  return isFaulty('recvmmsg', fd, '') ? -1 : nativeRecvmmsg(fd, messages, count, flags, 0);
}

export function sendmmsg(fd: number, messages: number, count: number, flags: number): number {
  return isFaulty('sendmmsg', fd, '') ? -1 : nativeSendmmsg(fd, messages, count, flags);
}

export function epollCreate(flags: number): number {
  return isFaulty('epoll_create1', -1, '') ? -1 : nativeEpollCreate(flags);
}

export function epollCtl(epoll: number, operation: number, fd: number, event: number): number {
  return isFaulty('epoll_ctl', fd, '') ? -1 : nativeEpollCtl(epoll, operation, fd, event);
}

export function epollWait(epoll: number, events: number, capacity: number, timeout: number): number {
  return isFaulty('epoll_wait', epoll, '') ? -1 : nativeEpollWait(epoll, events, capacity, timeout);
}

/** The interface's index, 0 when there is none of that name. */
export function ifNametoindex(name: string): number {
  return isFaulty('if_nametoindex', -1, name) ? 0 : nativeIfNametoindex(name);
}

export function capset(header: number, data: number): number {
  return isFaulty('capset', -1, '') ? -1 : nativeCapset(header, data);
}

export function prctl(option: number, value: number, argument: number, operation: string): number {
  return isFaulty('prctl', -1, operation) ? -1 : nativePrctl(option, value, argument, 0, 0);
}
