// Logins that fail, as many as wanted: each under a name of its own that no user has, and so few from each network that each
// is judged by its password and none is turned away for what others did before.
import type { Server } from '../lab/server.ts';
import type { RemoteSwarm } from './remote-swarm.ts';
import { firstSource, serverAddress } from './two-hosts.ts';

/** The next client is in another /24, and eight of 131,072 are in each; ten failures an hour are free. */
const stride = 32 * 257;
/** As many as the limits before login let wait. */
const atOnce = 4;

export async function failLogins(swarm: RemoteSwarm, first: number, count: number): Promise<void> {
  await swarm.logIn({
    ...{ server: serverAddress, firstSource, stride, firstNumber: first, count, atOnce },
    ...{ username: 'nobody%d', password: 'a guess' },
  });
}

/** Every series of ours in /metrics: name and labels, without the value. */
export async function seriesOf(server: Server): Promise<string[]> {
  const lines = (await server.get('/metrics')).split('\n');
  return lines.filter((line) => line.startsWith('vpn_')).map((line) => line.slice(0, line.lastIndexOf(' ')));
}
