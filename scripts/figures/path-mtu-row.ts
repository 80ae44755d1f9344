// One row of the path MTU table, as figures and as Markdown.
import type { PathCase } from '../../test/support/lab/path-matrix.ts';
import type { PathFigures, PptpdFigures } from '../../test/support/lab/path-run.ts';
import { patience, type Transfer } from '../../test/support/lab/transfer.ts';

export interface Row extends PathCase {
  server: 'vpn-operator' | 'pptpd';
  figures?: PathFigures;
  pptpdFigures?: PptpdFigures;
  /** In words, when there are no figures. */
  failure?: string;
}

const ourColumns = ['Inner MTU', 'of', 'Probes', 'Found after', 'Download', 'Upload', 'Sent again ↓/↑'];
const pptpdColumns = ['MTU', 'Download', 'Upload', 'Sent again ↓/↑', 'Session'];

export function headingOf(server: Row['server']): string {
  const columns = ['Path', 'Filter', 'MRU', ...(server === 'pptpd' ? pptpdColumns : ourColumns)];
  return `${line(columns)}\n${line(columns.map(() => '---'))}`;
}

export function rowText(row: Row): string {
  return line([row.pathMtu, row.filter, row.clientMru, ...cells(row)]);
}

/** `4.2 s`, or how much came before it stood still. */
export function transferText({ isWhole, bytes, seconds, fault }: Transfer): string {
  if (isWhole) return `${seconds.toFixed(1)} s`;
  const came = bytes === 0 ? 'nothing' : `${bytes.toLocaleString('en')} bytes`;
  const isStill = /too slow/i.test(fault);
  return isStill ? `**stalls**: ${came}, then none in ${patience} s` : `**fails** after ${came}`;
}

function cells(row: Row): (string | number)[] {
  const { figures, pptpdFigures } = row;
  const sentAgain = ({ down, up }: PathFigures | PptpdFigures) => `${down.sentAgain}/${up.sentAgain}`;
  if (figures !== undefined) {
    const { tunnelMtu, possibleMtu, probes, settledSeconds, down, up } = figures;
    const asked = Object.values(probes).reduce((sum, count) => sum + count, 0);
    return [
      ...[tunnelMtu, possibleMtu, asked, `${settledSeconds.toFixed(1)} s`],
      ...[transferText(down), transferText(up), sentAgain(figures)],
    ];
  }
  if (pptpdFigures !== undefined) {
    const { mtu, down, up, session } = pptpdFigures;
    return [
      mtu ?? '',
      transferText(down),
      transferText(up),
      sentAgain(pptpdFigures),
      session === 'up' ? 'lives' : 'ended',
    ];
  }
  return [`FAILED: ${row.failure?.split('\n')[0]}`];
}

function line(columns: readonly (string | number)[]): string {
  return `| ${columns.join(' | ')} |`;
}
