// `make demo`: the whole thing on one machine in half a minute, with nothing simulated.
//
//   office ───────────── server ───────────── internet ───────────── home ───────────── laptop
//   192.168.80.2         198.51.100.2                                203.0.113.2        192.168.1.10
//   web server           vpn-operator local   tcpdump listens        NAT                Linux, pptp, pppd
//
// The boxes are network namespaces; where the kernel has no PPP the laptop is a User Mode Linux guest. Everything
// disappears at the end, also after Ctrl-C. The building blocks are those of the end-to-end tests.
import { dial } from '../test/support/lab/client.ts';
import type { Machine } from '../test/support/lab/machine.ts';
import { openOffice } from '../test/support/lab/office.ts';
import { residue, snapshotHost, snapshotNamespace } from '../test/support/lab/residue.ts';
import { type Server, startServer } from '../test/support/lab/server.ts';
import { addresses, buildTopology, type Topology } from '../test/support/lab/topology.ts';
import { downloadFromOffice } from './demo/download.ts';
import { eavesdrop, findNothingInClear } from './demo/eavesdropper.ts';
import { logMessages, sessionTable, someMetrics } from './demo/figures.ts';
import { sampleCredentials, samplesFolder, samplesPath } from './demo/samples.ts';
import { bold, dim, quote, say, step, tellFailure } from './demo/terminal.ts';

const officeNetwork = '192.168.80.0/24';
const commandLine = `vpn-operator local -f ${samplesPath}`;
let server: Server | undefined;

try {
  await tellTheStory();
} catch (error) {
  tellFailure(error, server === undefined ? [] : logMessages(server).slice(-15));
  process.exit(1); // and with it goes what was built
}

async function tellTheStory(): Promise<void> {
  say(`\n${bold('A PPTP server in userspace, and a real Linux client that dials it')}\n`);
  say(`  office ─────────── server ─────────── internet ─────────── home ─────────── laptop`);
  say(
    dim(
      `  ${addresses.office}       ${addresses.server}                            a NAT            pptp + pppd\n`,
    ),
  );
  const before = await snapshotHost();
  const lab = await step(
    'building networks',
    buildNetworks,
    () => 'Four network namespaces, wired, the office’s web server up',
  );
  const laptop = await step(
    'starting the laptop',
    () => lab.addMachine(),
    () => 'The laptop has started',
  );
  quote([await versions(laptop)]);
  const untouched = await snapshotNamespace(lab.server);
  server = await step(
    'starting the server',
    () => startServer(lab.undo, lab.server, samplesFolder),
    () => commandLine,
  );
  await connectAndDownload(lab, laptop, server);
  await step(
    'stopping the server',
    server.stop.bind(server),
    (code) => `The server got SIGTERM and ended with exit code ${code}`,
  );
  await step(
    'looking for leftovers',
    async () => {
      refuseResidue(residue(untouched, await snapshotNamespace(lab.server)));
      lab.close();
      await new Promise((resolve) => setTimeout(resolve, 300));
      refuseResidue(residue(before, await snapshotHost()));
    },
    () => 'No interface, route, firewall rule, namespace or process is left',
  );
  sayWhatNext();
}

async function buildNetworks(): Promise<Topology> {
  const lab = await buildTopology();
  await lab.setNat('pptpHelper');
  await openOffice(lab.undo, lab.office);
  return lab;
}

async function versions(laptop: Machine): Promise<string> {
  const output = await laptop.run('uname -sr; pppd --version 2>&1; pptp --version 2>&1 | head -1');
  return output.trim().replaceAll('\n', ', ');
}

async function connectAndDownload(lab: Topology, laptop: Machine, running: Server): Promise<void> {
  const { user, password } = sampleCredentials();
  const listener = await eavesdrop(lab);
  const beforeLogin = running.mark();
  const connection = await dial(laptop, {
    server: addresses.server,
    user,
    password,
    routes: [officeNetwork],
  });
  await step(
    `logging in as ${user}`,
    () => connection.up(),
    ({ encryption, localAddress }) => `${user} is logged in: ${encryption}, address ${localAddress}`,
  );
  quote(logMessages(running, beforeLogin));
  await step(
    'pinging the office',
    () => laptop.run(`ping -c 3 -i 0.2 -W 2 ${addresses.office}`),
    (output) => `The office answers pings in ${/= [\d.]+\/([\d.]+)/.exec(output)?.[1]} ms`,
  );
  await step(
    'downloading from the office',
    () => downloadFromOffice(running, connection),
    ({ megabytes, megabits }) =>
      `${megabytes} MB from the office, SHA-256 as sent, at ${megabits.toFixed(0)} Mbit/s`,
  );
  await step(
    'searching the captured packets for clear text',
    () => findNothingInClear(listener),
    (packets) => `tcpdump saw ${packets} GRE packets on the line, and not one inner byte in clear`,
  );
  say(`\n  ${bold('vpn-operator sessions')}`);
  quote(await sessionTable(running));
  say(`\n  ${bold('curl http://127.0.0.1:9723/metrics')} ${dim('(some of it)')}`);
  quote(await someMetrics(running));
  say();
  const beforeHangUp = running.mark();
  await step(
    'hanging up',
    () => connection.hangUp(),
    () => 'The client hung up',
  );
  await running.idle();
  quote(logMessages(running, beforeHangUp));
}

function refuseResidue(lines: string[]): void {
  if (lines.length > 0) throw new Error(['something was left behind', ...lines].join('\n'));
}

function sayWhatNext(): void {
  say(`\n${bold('What next')}`);
  say(
    `  bin/vpn-operator local -f ${samplesPath}   ${dim('serve these documents on this machine; edits apply at once')}`,
  );
  say(`  bin/vpn-operator check -f ${samplesPath}   ${dim('judge documents without serving them')}`);
  say(
    `  make test                                  ${dim('all tests, the real client in two dozen variations included')}`,
  );
  say(
    `  README.md, ARCHITECTURE.md, SECURITY.md    ${dim('what it is, how it works, and what PPTP can not promise')}\n`,
  );
}
