// What an end-to-end test file shares among its tests: one network, one server, one or more client machines. After every
// test it ends what still runs and proves that the server's host is as it was; at the end, that this host is too.
import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';
import { type Connection, type Dial, dial } from './client.ts';
import { eventually } from './commands.ts';
import type { Machine } from './machine.ts';
import { openOffice } from './office.ts';
import { residue, type Snapshot, snapshotHost, snapshotNamespace } from './residue.ts';
import { type Server, startServer } from './server.ts';
import { addresses, buildTopology, type Topology } from './topology.ts';

/** Why end-to-end tests cannot run here; false where they can. */
export const cannotRun = process.getuid?.() === 0 ? false : 'needs root: it makes network namespaces';

export interface WorldOptions {
  /** The server's documents by file name. */
  documents: Readonly<Record<string, string>>;
  machines?: number;
}

export class World {
  readonly #connections: Connection[] = [];
  #lab: Topology | undefined;
  #server: Server | undefined;
  #machines: readonly Machine[] = [];
  #host: Snapshot = new Set();
  #withoutServer: Snapshot = new Set();
  #idle: Snapshot = new Set();

  get lab(): Topology {
    return this.#lab ?? notBuilt();
  }

  get server(): Server {
    return this.#server ?? notBuilt();
  }

  machine(index = 0): Machine {
    return this.#machines[index] ?? notBuilt();
  }

  /** Dials the server, from the first machine unless told otherwise. */
  async dial(call: Omit<Dial, 'server'>, machine = this.machine()): Promise<Connection> {
    const connection = await dial(machine, { server: addresses.server, ...call });
    this.#connections.push(connection);
    return connection;
  }

  /** Starts a server with the same documents, after the last one has ended. The next test gets one anyway. */
  async restartServer(): Promise<void> {
    this.#server = await startServer(this.lab.undo, this.lab.server, this.server.folder);
  }

  /** What the server, running or ended, keeps on its host beyond what it should. */
  async residueOnServer(): Promise<string[]> {
    const wanted = this.server.ended ? this.#withoutServer : this.#idle;
    return residue(wanted, await snapshotNamespace(this.lab.server));
  }

  async build({ documents, machines = 1 }: WorldOptions): Promise<void> {
    this.#host = await snapshotHost();
    this.#lab = await buildTopology();
    this.#withoutServer = await snapshotNamespace(this.lab.server);
    await openOffice(this.lab.undo, this.lab.office);
    this.#machines = await Promise.all(Array.from({ length: machines }, () => this.lab.addMachine()));
    this.#server = await startServer(this.lab.undo, this.lab.server, documents);
    this.#idle = await snapshotNamespace(this.lab.server);
  }

  /** After each test. */
  async tidy(): Promise<void> {
    for (const connection of this.#connections.splice(0)) await connection.end();
    await this.lab.setConditions({});
    await this.lab.setNat('none');
    const { server } = this;
    if (!server.ended) await server.idle();
    await becomesEmpty(() => this.residueOnServer());
    if (!server.ended) return;
    await this.restartServer();
    assert.ok(server.wasStopped, `the server ended by itself; it said:\n${server.output}`);
  }

  async tearDown(): Promise<void> {
    if (this.#server?.ended === false) await this.#server.stop();
    this.#lab?.close();
    await becomesEmpty(async () => residue(this.#host, await snapshotHost()));
  }
}

/** Registers the hooks that build a world, check it after each test and take it down. Call it inside a `describe`. */
export function shareWorld(options: WorldOptions): World {
  const world = new World();
  before(() => world.build(options));
  afterEach(() => world.tidy());
  after(() => world.tearDown());
  return world;
}

/** Processes need a moment to vanish after SIGKILL. */
async function becomesEmpty(list: () => Promise<string[]>): Promise<void> {
  const empty = async () => ((await list()).length === 0 ? 'empty' : undefined);
  await eventually('nothing left behind', 5_000, empty).catch(async () => {
    assert.deepEqual(await list(), []);
  });
}

function notBuilt(): never {
  throw new Error('the world is not built: see the first failure of this file');
}
