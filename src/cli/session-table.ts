// The sessions as a table for people: aligned columns, human units. Pure.
import type { SessionView } from '../gateway/session-view.ts';
import { printable } from '../process/log.ts';

const columns: readonly {
  title: string;
  align: 'left' | 'right';
  cell: (session: SessionView, now: number) => string;
}[] = [
  { title: 'USER', align: 'left', cell: (s) => s.user },
  { title: 'ADDRESS', align: 'left', cell: (s) => s.address },
  { title: 'FROM', align: 'left', cell: (s) => s.peerAddress },
  { title: 'ENCRYPTION', align: 'left', cell: (s) => s.encryption },
  {
    title: 'SINCE',
    align: 'right',
    cell: (s, now) => formatDuration((now - Date.parse(s.startedAt)) / 1000),
  },
  { title: 'RECEIVED', align: 'right', cell: (s) => formatBytes(s.receivedBytes) },
  { title: 'SENT', align: 'right', cell: (s) => formatBytes(s.sentBytes) },
  { title: 'MTU', align: 'right', cell: (s) => String(s.tunnelMTU) },
  { title: 'RTT', align: 'right', cell: (s) => formatRoundTrip(s.roundTripSeconds) },
  { title: 'DROPS', align: 'right', cell: (s) => String(s.pmtuDrops) },
];

/** `now` is in milliseconds since the Unix epoch. Ends with a line feed. */
export function sessionTable(sessions: readonly SessionView[], now: number): string {
  if (sessions.length === 0) return 'No sessions: nobody is logged in.\n';
  const rows = sessions.map((session) => columns.map(({ cell }) => printable(cell(session, now))));
  const lines = [columns.map(({ title }) => title), ...rows];
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)));
  return lines.map((line) => `${alignLine(line, widths).trimEnd()}\n`).join('');
}

function alignLine(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, index) => {
      const width = widths[index] ?? 0;
      return columns[index]?.align === 'right' ? cell.padStart(width) : cell.padEnd(width);
    })
    .join('  ');
}

/** "45s", "3m12s", "2h05m", "4d03h". */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (!Number.isFinite(whole)) return '-';
  const pad = (value: number) => String(value).padStart(2, '0');
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}m${pad(whole % 60)}s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)}h${pad(Math.floor(whole / 60) % 60)}m`;
  return `${Math.floor(whole / 86_400)}d${pad(Math.floor(whole / 3600) % 24)}h`;
}

/** Powers of 1000: "999 B", "1.0 kB", "10.5 MB". */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  while (value >= (unit === 0 ? 1000 : 999.95) && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

function formatRoundTrip(seconds: number | null): string {
  if (seconds === null) return '-';
  return seconds < 0.01 ? `${(seconds * 1000).toFixed(1)}ms` : `${Math.round(seconds * 1000)}ms`;
}
