// Measures what failed logins leave behind: `sudo node scripts/figures/failed-logins.ts [count]`, 100,000 by default, each under
// another name from another address. Prints the rate, and series and memory before and after.
import { readFileSync } from 'node:fs';
import { startServer } from '../../test/support/lab/server.ts';
import { failLogins, seriesOf } from '../../test/support/simulated/failed-logins.ts';
import { manyUsers } from '../../test/support/simulated/many-users.ts';
import { startSwarm } from '../../test/support/simulated/remote-swarm.ts';
import { buildTwoHosts } from '../../test/support/simulated/two-hosts.ts';

const count = Number(process.argv[2] ?? 100_000);
/** A process holds what came of each of its clients; a fresh one after so many. */
const perSwarm = 10_000;

const hosts = await buildTwoHosts();
try {
  await measure();
} finally {
  hosts.undo.now();
}

async function measure(): Promise<void> {
  const server = await startServer(hosts.undo, hosts.server, manyUsers(1));
  const before = { series: (await seriesOf(server)).length, memory: residentMemory(server.pid) };
  const begin = performance.now();
  for (let first = 0; first < count; first += perSwarm) {
    const swarm = startSwarm(hosts.undo, hosts.clients);
    await failLogins(swarm, first, Math.min(perSwarm, count - first));
    swarm.kill();
  }
  const seconds = (performance.now() - begin) / 1000;
  const counted = await server.metric('vpn_logins_total', { result: 'bad_credentials' });
  const all = await server.metric('vpn_logins_total');
  const after = { series: (await seriesOf(server)).length, memory: residentMemory(server.pid) };
  console.log(`${count} failed logins in ${seconds.toFixed(0)} s: ${(count / seconds).toFixed(0)} a second`);
  console.log(`counted: ${counted} as bad_credentials, ${all} in all`);
  console.log(`series of /metrics: ${before.series} before, ${after.series} after`);
  console.log(
    `memory: ${(before.memory / 1024).toFixed(0)} MB before, ${(after.memory / 1024).toFixed(0)} MB after`,
  );
}

/** kB. */
function residentMemory(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
