// Gives up root's powers once the gateway is open: docs/adr/0008-capabilities.md.
import { confineTo, isConfined, reserveTuns } from 'node-tun';
import type { Log } from '../../process/log.ts';

/** How often the TUN may be deleted behind our back before the process must start anew. */
const SpareTuns = 4;

/**
 * Wraps `apply`: after its first success the process becomes the user `uid`, group of the same number, for good. What
 * needs root again later ends in `restart` being called, which should end the process so that it is started anew.
 */
export function confineAfter<Arguments extends unknown[]>(
  apply: (...values: Arguments) => Promise<void>,
  options: { uid: number; restart: () => void; log: Log },
): (...values: Arguments) => Promise<void> {
  return async (...values) => {
    try {
      await apply(...values);
    } catch (error) {
      // Whatever else fails is tried again: the sessions that run must not pay for it.
      if (isConfined() && (error as NodeJS.ErrnoException).code === 'EPERM') {
        options.log.warn(
          'the change needs capabilities that were given up: the process ends, to be started anew',
        );
        options.restart();
      }
      throw error;
    }
    if (isConfined()) return;
    reserveTuns(SpareTuns);
    await confineTo({ uid: options.uid, gid: options.uid });
    options.log.info({ uid: options.uid }, `runs as user ${options.uid}, without capabilities in force`);
  };
}
