// When a gateway tells a client that its session is over, seen by tcpdump on the client's side: the LCP Terminate-Request
// (RFC 1661 §5.5). From that moment no IP packet passes. The probe's client itself doubts it for a second, pppd does not.
import { createInterface } from 'node:readline';
import { startProgram } from '../../test/support/lab/commands.ts';
import type { Namespace } from '../../test/support/lab/namespaces.ts';
import type { Undo } from '../../test/support/lab/undo.ts';

export class Goodbyes {
  #waiting: (time: number) => void = () => {};

  constructor(undo: Undo, place: { namespace: Namespace; device: string; gateway: string }) {
    const filter = `ip proto 47 and src host ${place.gateway}`;
    const command = ['tcpdump', '-l', '-tt', '-ni', place.device, '--immediate-mode', filter];
    const child = startProgram(place.namespace.enter(command), { stdio: ['ignore', 'pipe', 'ignore'] });
    undo.later(() => child.kill('SIGKILL'));
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (line.includes('LCP, Term-Request')) this.#waiting(Number.parseFloat(line) * 1000);
    });
  }

  /** The time of the next one, ms since 1970. */
  next(): Promise<number> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }
}
