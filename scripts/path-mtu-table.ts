// `make path-mtu-table`: every path × filter × client MRU with a real Linux client, one row each as it is done. Arguments
// select rows, e.g. `1454` or `1454,1492 all 1500,1450`; SERVER=pptpd asks the same of Debian's pptpd; MEGABYTES is the size
// of each transfer; FIGURES names a file to which each row is appended as JSON, for figures/path-mtu-page.ts.
import { appendFileSync } from 'node:fs';
import { type Connection, dial } from '../test/support/lab/client.ts';
import { openOffice } from '../test/support/lab/office.ts';
import { allCases, documentsFor, nameOf, type PathCase } from '../test/support/lab/path-matrix.ts';
import { type PathLab, runCase, runPptpdCase } from '../test/support/lab/path-run.ts';
import { pptpdAddress, startPptpd } from '../test/support/lab/pptpd.ts';
import { startServer } from '../test/support/lab/server.ts';
import { addresses, buildTopology, type Topology } from '../test/support/lab/topology.ts';
import { headingOf, type Row, rowText } from './figures/path-mtu-row.ts';

interface Contender {
  readonly address: string;
  run(place: PathLab, each: PathCase): Promise<Row>;
  afterRow(): Promise<void>;
}

const bytes = Number(process.env['MEGABYTES'] ?? 10) * 1_000_000;
const figuresFile = process.env['FIGURES'];
const cases = selected(process.argv.slice(2));
const serverName = process.env['SERVER'] === 'pptpd' ? 'pptpd' : 'vpn-operator';
const contenders = { 'vpn-operator': ours, pptpd: theirs };

const lab = await buildTopology();
try {
  process.exitCode = (await printTable()) === 0 ? 0 : 1;
} finally {
  lab.close();
}

/** Returns how many rows failed. */
async function printTable(): Promise<number> {
  await openOffice(lab.undo, lab.office);
  const machine = await lab.addMachine();
  const contender = await contenders[serverName](lab);
  let failures = 0;
  console.log(headingOf(serverName));
  for (const each of cases) {
    const connections: Connection[] = [];
    const place: PathLab = {
      lab,
      machine,
      dial: async (call) => {
        const connection = await dial(machine, { server: contender.address, ...call });
        connections.push(connection);
        return connection;
      },
    };
    const row = await contender.run(place, each).catch((error: Error): Row => {
      console.error(`${nameOf(each)}: ${error.message}`);
      return { server: serverName, ...each, failure: error.message };
    });
    if (row.failure !== undefined) failures++;
    console.log(rowText(row));
    if (figuresFile !== undefined) appendFileSync(figuresFile, `${JSON.stringify(row)}\n`);
    for (const connection of connections) await connection.end();
    await contender.afterRow();
  }
  console.log(`\n${cases.length - failures} of ${cases.length} rows measured, ${bytes / 1e6} MB each way`);
  return failures;
}

async function ours(lab: Topology): Promise<Contender> {
  const server = await startServer(lab.undo, lab.server, documentsFor(cases));
  return {
    address: addresses.server,
    run: async (place, each) => {
      const figures = await runCase({ ...place, server }, each, bytes);
      return { server: 'vpn-operator', ...each, figures };
    },
    afterRow: () => server.idle(),
  };
}

async function theirs(lab: Topology): Promise<Contender> {
  const user = { name: 'everybody', password: 'as wide as it goes' };
  const pptpd = await startPptpd(lab, [user]);
  return {
    address: pptpdAddress,
    run: async (place, each) => {
      const pptpdFigures = await runPptpdCase({ ...place, pptpd }, each, user, bytes);
      return { server: 'pptpd', ...each, pptpdFigures };
    },
    // Nobody begins with what the kernel has learned of an earlier path.
    afterRow: async () => {
      await pptpd.ended();
      await pptpd.machine.run('ip route flush cache');
      await lab.office.ip('route flush cache');
    },
  };
}

/** Numbers or words with commas between them; `all` or nothing for all. */
function selected([pathMtus = 'all', filters = 'all', clientMrus = 'all']: string[]): PathCase[] {
  const isIn = (list: string, value: string | number) =>
    list === 'all' || list.split(/,(?! )/).includes(String(value));
  return allCases.filter(
    ({ pathMtu, filter, clientMru }) =>
      isIn(pathMtus, pathMtu) && isIn(filters, filter) && isIn(clientMrus, clientMru),
  );
}
