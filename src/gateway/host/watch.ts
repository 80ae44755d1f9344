// Readiness of a gateway's two descriptors, and what to do when the TUN is taken away: make it again, and if that fails,
// once a second, while GRE and its control frames go on.
import { type GreSocket, type IcmpError, openPoller } from 'node-tun';

export interface Watched {
  readonly gre: GreSocket;
  /** The TUN's descriptor as it is now. */
  readonly tunFd: () => number;
  /** Throws when the kernel refuses. */
  readonly remakeTun: () => void;
  /** A packet or an error waits. */
  readonly ready: () => void;
  /** Takes what routers said; an error that stayed in the queue would wake us for ever. */
  readonly keep: (errors: IcmpError[]) => void;
}

/** Bits of the poller's answer, in the order of its descriptors. */
const TunBit = 2;
const RetryAfter = 1_000;

export function watch({ gre, tunFd, remakeTun, ready, keep }: Watched): { close(): void } {
  let retry: NodeJS.Timeout | undefined;
  const onReady = (_readable: number, failed: number): void => {
    if (failed !== 0) keep(gre.receiveErrors().filter(({ origin }) => origin === 'icmp'));
    if ((failed & TunBit) !== 0) replaceTun();
    ready();
  };
  const open = (descriptors: readonly number[]) => openPoller({ descriptors, onReady });
  const replaceTun = (): void => {
    poller.close();
    try {
      remakeTun();
      poller = open([gre.fd, tunFd()]);
    } catch {
      poller = open([gre.fd]);
      retry = setTimeout(replaceTun, RetryAfter);
    }
  };
  let poller = open([gre.fd, tunFd()]);
  return {
    close: () => {
      clearTimeout(retry);
      poller.close();
    },
  };
}
