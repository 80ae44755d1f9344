// Measures what sessions cost: `sudo node scripts/figures/idle-sessions.ts [sessions]`. Logs in that many simulated clients,
// each from an address of its own, and prints login times, set-up rate, memory per idle session and idle CPU.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startServer } from '../../test/support/lab/server.ts';
import { everyonesPassword, manyUsers } from '../../test/support/simulated/many-users.ts';
import { startSwarm } from '../../test/support/simulated/remote-swarm.ts';
import { buildTwoHosts, firstSource, serverAddress } from '../../test/support/simulated/two-hosts.ts';

const wanted = Number(process.argv[2] ?? 1_000);
/** As many as the limits before login let wait from one network. */
const atOnce = 4;
const clockTicks = 100;

const hosts = await buildTwoHosts();
try {
  await measure();
} finally {
  hosts.undo.now();
}

async function measure(): Promise<void> {
  const documents = manyUsers(wanted + 1, `sessions: {max: ${wanted + 1}}`);
  const server = await startServer(hosts.undo, hosts.server, documents);
  const swarm = startSwarm(hosts.undo, hosts.clients, wanted + 1);
  const common = { server: serverAddress, password: everyonesPassword };
  await swarm.logIn({
    ...common,
    firstSource: firstSource + 0x10000,
    count: 1,
    atOnce: 1,
    username: `user${wanted}`,
  });
  await sleep(2_000);
  const before = residentMemory(server.pid);
  const start = performance.now();
  const outcomes = await swarm.logIn({ ...common, firstSource, count: wanted, atOnce, username: 'user%d' });
  const seconds = (performance.now() - start) / 1_000;
  const failed = outcomes.filter(({ state }) => state !== 'opened');
  for (const { detail } of failed.slice(0, 3)) console.log(`not in: ${detail}`);
  const times = outcomes.map(({ elapsed }) => elapsed).sort((one, other) => one - other);
  const at = (share: number) => `${(times[Math.floor((times.length - 1) * share)] ?? 0).toFixed(0)} ms`;
  console.log(
    `${wanted - failed.length} of ${wanted} sessions in ${seconds.toFixed(1)} s: ${(wanted / seconds).toFixed(0)} a second`,
  );
  console.log(
    `login, TCP's SYN to IPCP up: median ${at(0.5)}, 99th percentile ${at(0.99)}, longest ${at(1)}`,
  );
  await sleep(10_000);
  const grown = residentMemory(server.pid) - before;
  console.log(`memory: ${(before / 1024).toFixed(0)} MB before, ${(grown / wanted).toFixed(1)} kB a session`);
  const cpu = processorTime(server.pid);
  await sleep(10_000);
  console.log(`idle: ${((processorTime(server.pid) - cpu) * 10).toFixed(1)} % of one processor`);
  console.log(
    `alive: ${await swarm.up()} sessions, ${await swarm.ping({ patience: 5_000 })} answered a ping`,
  );
}

/** kB. */
function residentMemory(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** Seconds, user and system. */
function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / clockTicks;
}
