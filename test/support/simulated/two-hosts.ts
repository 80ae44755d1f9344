// The smallest network that tests of the engine need: a server's host and a host of any number of clients.
//
//   office 192.168.80.2 ── lan0 server wan0 ────── eth0 clients
//                               198.51.100.2      198.51.100.1, and all of 100.64.0.0/10
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, startProgram } from '../lab/commands.ts';
import { connect, makeNamespace, type Namespace } from '../lab/namespaces.ts';
import { Server } from '../lab/server.ts';
import { Undo } from '../lab/undo.ts';
import type { Fault } from './faulty-server.ts';

export const serverAddress = 0xc6336402;
/** 100.64.0.1: the first of four million addresses that belong to the clients' host. */
export const firstSource = 0x64400001;
export const officeAddress = 0xc0a85002;

export interface TwoHosts {
  readonly undo: Undo;
  readonly server: Namespace;
  readonly clients: Namespace;
  readonly office: Namespace;
}

export async function buildTwoHosts(): Promise<TwoHosts> {
  const undo = new Undo();
  const server = await makeNamespace(undo, 'server');
  const clients = await makeNamespace(undo, 'clients');
  const office = await makeNamespace(undo, 'office');
  await connect(
    { namespace: server, device: 'wan0', address: '198.51.100.2/24' },
    { namespace: clients, device: 'eth0', address: '198.51.100.1/24' },
  );
  await connect(
    { namespace: office, device: 'eth0', address: '192.168.80.2/24' },
    { namespace: server, device: 'lan0', address: '192.168.80.1/24' },
  );
  await clients.ip('route add local 100.64.0.0/10 dev lo');
  await clients.run(['sysctl', '-qw', 'net.ipv4.ip_nonlocal_bind=1']);
  await server.ip('route add default via 198.51.100.1');
  return { undo, server, clients, office };
}

/** A server that lets the test make its system calls fail. */
export class FaultyServer extends Server {
  readonly #process: ChildProcess;

  constructor(namespace: Namespace, folder: string, child: ChildProcess) {
    super(namespace, folder, child);
    this.#process = child;
  }

  /** From now on; resolves when it holds, with how many calls the last fault hit. */
  inject(fault: Fault): Promise<number> {
    return new Promise((resolve) => {
      this.#process.once('message', ({ before }: { before: number }) => resolve(before));
      this.#process.send(fault);
    });
  }
}

export async function startFaultyServer(
  { undo, server }: TwoHosts,
  documents: Readonly<Record<string, string>>,
): Promise<FaultyServer> {
  const folder = undo.folder();
  for (const [file, text] of Object.entries(documents)) writeFileSync(join(folder, file), text);
  const command = [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    join(import.meta.dirname, 'faulty-server.ts'),
    folder,
    undo.folder(),
  ];
  const child = startProgram(server.enter(command), { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  const started = new FaultyServer(server, folder, child);
  undo.later(() => started.destroy());
  await eventually('readiness of the server', 15_000, async () => {
    assert.ok(!started.ended, `the server ended at its start; it said:\n${started.output}`);
    const { code } = await server.attempt(['curl', '-sf', '-o', '/dev/null', 'http://127.0.0.1:9723/readyz']);
    return code === 0 ? 'ready' : undefined;
  });
  return started;
}
