// Writes docs/path-mtu-table.md from what `make path-mtu-table FIGURES=…` left: `path-mtu-page.ts OURS PPTPD`, two files of rows
// as JSON. Whatever failed stays in it.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { allCases, nameOf, type PathCase } from '../../test/support/lab/path-matrix.ts';
import { type Row, transferText } from './path-mtu-row.ts';

const [oursFile = '', pptpdFile = ''] = process.argv.slice(2);
const ours = rowsOf(oursFile);
const pptpd = rowsOf(pptpdFile);
const version = (name: string) =>
  execFileSync('dpkg-query', ['-W', '-f', '$' + '{Version}', name], { encoding: 'utf8' });

const rows = allCases.filter((each) => ours.has(nameOf(each))).map(row);
const passed = [...ours.values()].filter(({ figures }) => figures !== undefined);
const longest = Math.max(...passed.map(({ figures }) => figures?.settledSeconds ?? 0));
const exact = passed.filter(({ figures }) => figures?.tunnelMtu === figures?.possibleMtu).length;
const standstills = [...pptpd.values()].filter(
  ({ pptpdFigures: figures }) => !(figures?.down.isWhole && figures.up.isWhole),
).length;

writeFileSync(
  'docs/path-mtu-table.md',
  `# Path MTU: the whole table

Written by \`scripts/figures/path-mtu-page.ts\` from runs of \`make path-mtu-table\` on ${new Date().toISOString().slice(0, 10)}, on a
machine with two processors. The two servers were measured at different times and with different other work: their seconds
say that a transfer passes, not which server is faster.

- The client is Debian's pptp ${version('pptp-linux')} under pppd ${version('ppp')}, on Linux 6.1 in User Mode Linux, with the
  options \`require-mppe-128\` and \`mru\` as in the table. It dials once. As soon as IPCP is up, it downloads and uploads 10 MB at
  the same time.
- \`no ICMP\`: every destination-unreachable is dropped. \`no fragments\`: every IP fragment is dropped too.
- *Inner MTU* is what the server found, *of* what the path and the client's MRU allow. *After*: seconds from IPCP to that
  value, as a client of \`/v1/sessions\` sees it; a path of 1400 has it from the start, since that is assumed while nothing is known.
  *Probes*: all until the transfers ended, with those that look again every 2 seconds; the answer itself takes at most 8.
- *Again*: TCP segments that the two ends sent again (\`RetransSegs\` of their kernels), downwards and upwards.
  They come on wide paths and with pptpd too: the client in its emulated machine is slower than the line.
- pptpd is Debian's ${version('pptpd')} as it comes, on Linux 6.1 in User Mode Linux, with the same client over the same paths. A
  transfer without a byte in 20 seconds is given up.

**${passed.length} of ${ours.size} rows pass at the first try**, ${exact} of them with the largest inner MTU there can be, the others
within 4 bytes of it; the value stood there after ${longest.toFixed(1)} s at most. With pptpd, ${standstills} of ${pptpd.size} rows do not pass.

| Path | Filter | MRU | Inner MTU | of | Probes | After | Download | Upload | Again ↓/↑ | pptpd download | pptpd upload |
|---|---|---|---|---|---|---|---|---|---|---|---|
${rows.join('\n')}
`,
);

function rowsOf(file: string): Map<string, Row> {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return new Map(lines.map((line) => JSON.parse(line) as Row).map((row) => [nameOf(row), row]));
}

function row(each: PathCase): string {
  const { pathMtu, filter, clientMru } = each;
  const theirs = pptpd.get(nameOf(each))?.pptpdFigures;
  const cells = [
    ...[pathMtu, filter, clientMru, ...ourCells(ours.get(nameOf(each)))],
    ...(theirs === undefined ? ['', ''] : [transferText(theirs.down), transferText(theirs.up)]),
  ];
  const ended = theirs?.session === 'ended' ? '; the session ends' : '';
  return `| ${cells.join(' | ')}${ended} |`;
}

function ourCells(row: Row | undefined): (string | number)[] {
  const { figures } = row ?? {};
  if (figures === undefined) return ['', '', '', '', `**FAILED**: ${row?.failure?.split('\n')[0]}`, '', ''];
  const { tunnelMtu, possibleMtu, probes, settledSeconds, down, up } = figures;
  const asked = Object.values(probes).reduce((sum, count) => sum + count, 0);
  return [
    ...[tunnelMtu, possibleMtu, asked, `${settledSeconds.toFixed(1)} s`],
    ...[transferText(down), transferText(up), `${down.sentAgain}/${up.sentAgain}`],
  ];
}
