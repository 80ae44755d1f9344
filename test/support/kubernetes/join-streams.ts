// Copies bytes between two connections until either ends.
import type { Socket } from 'node:net';

export function joinStreams(one: Socket, other: Socket): void {
  one.pipe(other).pipe(one);
  const endBoth = () => {
    one.destroy();
    other.destroy();
  };
  for (const socket of [one, other]) socket.on('error', endBoth).on('close', endBoth);
}
