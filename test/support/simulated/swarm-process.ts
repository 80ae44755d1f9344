// The process that a swarm runs in, inside the clients' namespace: carries out what the test asks over Node's IPC.

import { Hostiles } from './hostile.ts';
import type { SwarmAnswer, SwarmRequest } from './remote-swarm.ts';
import { Swarm } from './swarm.ts';

const swarm = new Swarm(Number(process.argv[2] ?? 64));
const hostiles = new Hostiles();

process.on('message', (request: SwarmRequest) => {
  carryOut(request).then(
    (result) => answer({ id: request.id, result }),
    (error: Error) => answer({ id: request.id, error: error.message }),
  );
});
process.on('disconnect', () => process.exit(0));

function answer(message: SwarmAnswer): void {
  process.send?.(message);
}

async function carryOut(request: SwarmRequest): Promise<unknown> {
  switch (request.type) {
    case 'logIn':
      return await swarm.logIn(request.request);
    case 'ping':
      return await swarm.ping(request.request);
    case 'connect':
      return await hostiles.connect(request.request);
    case 'report':
      return hostiles.report();
    case 'junk':
      return hostiles.junk(request.request);
    case 'up':
      return swarm.up;
    case 'vanish':
      return swarm.vanish();
  }
}
