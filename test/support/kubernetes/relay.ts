// Makes a TCP port inside a network namespace reachable on this host's loopback, so that clients in this process need
// no namespace of their own. Nothing is changed in the host's network.
import { existsSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { eventually, startProgram } from '../lab/commands.ts';
import type { Namespace } from '../lab/namespaces.ts';
import type { Undo } from '../lab/undo.ts';
import { joinStreams } from './join-streams.ts';

/** @returns the port on loopback */
export async function relayFromLoopback(
  undo: Undo,
  inside: { namespace: Namespace; host: string; port: number },
): Promise<number> {
  const path = join(undo.folder(), 'relay.sock');
  const program = [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, 'relay-inside.ts'),
  ];
  const command = inside.namespace.enter([...program, path, inside.host, String(inside.port)]);
  const child = startProgram(command, { stdio: 'ignore' });
  undo.later(() => child.kill('SIGKILL'));
  await eventually('the relay', 10_000, () => (existsSync(path) ? 'up' : undefined));
  const open = new Set<Socket>();
  const server = createServer((client) => {
    open.add(client.on('close', () => open.delete(client)));
    joinStreams(client, connect(path));
  });
  undo.later(() => {
    server.close();
    for (const client of open) client.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
