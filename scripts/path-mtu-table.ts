// `make path-mtu-table`: every path × filter × client MRU with a real Linux client, as the table of docs/path-mtu.md. An
// argument selects rows, e.g. `1454` or `1454 "no ICMP" 1000`; PATH_MTU_MEGABYTES is the size of each transfer, default 10.
import { type Connection, dial } from '../test/support/lab/client.ts';
import { openOffice } from '../test/support/lab/office.ts';
import {
  allCases,
  documentsFor,
  nameOf,
  type PathCase,
  type PathFigures,
  type PathLab,
  runCase,
} from '../test/support/lab/path-matrix.ts';
import { startServer } from '../test/support/lab/server.ts';
import { addresses, buildTopology, type Topology } from '../test/support/lab/topology.ts';

const megabyte = 1_000_000;
const bytes = Number(process.env['PATH_MTU_MEGABYTES'] ?? 10) * megabyte;
const [pathMtu, filter, clientMru] = process.argv.slice(2);
const cases = allCases.filter(
  (each) =>
    (pathMtu === undefined || each.pathMtu === Number(pathMtu)) &&
    (filter === undefined || each.filter === filter) &&
    (clientMru === undefined || each.clientMru === Number(clientMru)),
);

const lab = await buildTopology();
process.exitCode = (await printTable(lab)) === 0 ? 0 : 1;
lab.close();

/** Returns how many rows failed. */
async function printTable(lab: Topology): Promise<number> {
  await openOffice(lab.undo, lab.office);
  const machine = await lab.addMachine();
  const server = await startServer(lab.undo, lab.server, documentsFor(cases));
  let failures = 0;
  console.log(
    '| Path | Filter | Client MRU | Inner MTU | of | found after | download | upload | sent again ↓/↑ |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|');
  for (const each of cases) {
    const connections: Connection[] = [];
    const place: PathLab = {
      lab,
      server,
      machine,
      dial: async (call) => {
        const connection = await dial(machine, { server: addresses.server, ...call });
        connections.push(connection);
        return connection;
      },
    };
    try {
      console.log(row(each, await runCase(place, each, bytes)));
    } catch (error) {
      failures++;
      console.log(`| ${each.pathMtu} | ${each.filter} | ${each.clientMru} | FAILED | | | | | |`);
      console.error(`${nameOf(each)}: ${(error as Error).message}`);
    }
    for (const connection of connections) await connection.end();
    await server.idle();
  }
  await server.stop();
  console.log(`\n${cases.length - failures} of ${cases.length} rows passed, ${bytes / megabyte} MB each way`);
  return failures;
}

function row({ pathMtu, filter, clientMru }: PathCase, figures: PathFigures): string {
  const { tunnelMtu, possibleMtu, settledSeconds, downloadSeconds, uploadSeconds, retransmissions } = figures;
  const seconds = [settledSeconds, downloadSeconds, uploadSeconds].map((value) => `${value.toFixed(1)} s`);
  const again = `${retransmissions.down}/${retransmissions.up}`;
  return `| ${[pathMtu, filter, clientMru, tunnelMtu, possibleMtu, ...seconds, again].join(' | ')} |`;
}
