// What the running server says of itself: the session table, some metrics, its log.
import type { Server } from '../../test/support/lab/server.ts';
import { program } from '../../test/support/lab/server.ts';

const shownMetrics = [
  'vpn_sessions',
  'vpn_session_info',
  'vpn_session_received_bytes_total',
  'vpn_session_sent_bytes_total',
  'vpn_session_path_mtu_bytes',
  'vpn_logins_total',
];

/** The output of `vpn-operator sessions`, run beside the server. */
export async function sessionTable(server: Server): Promise<string[]> {
  const output = await server.namespace.run([program, 'sessions']);
  return output.trimEnd().split('\n');
}

/** Some lines of GET /metrics, as Prometheus would read them; those that count nothing yet are left out. */
export async function someMetrics(server: Server): Promise<string[]> {
  const lines = (await server.get('/metrics')).split('\n');
  return shownMetrics.flatMap((name) =>
    lines.filter((line) => line.startsWith(`${name}{`) && !line.endsWith(' 0')),
  );
}

/** The messages of its JSON log after `since`. */
export function logMessages(server: Server, since = 0): string[] {
  const lines = server.output
    .slice(since)
    .split('\n')
    .filter((line) => line !== '');
  return lines.map(messageOf);
}

function messageOf(line: string): string {
  try {
    return String(JSON.parse(line).msg);
  } catch {
    return line;
  }
}
