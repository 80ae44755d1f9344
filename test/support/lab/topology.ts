// The lab's network. Every box is a network namespace; a machine is a process in one or a User Mode Linux guest.
//
//   office ─────────── server ─────────────── router ─────────────── home ─────────── machine 1
//   eth0          lan0        wan0       core0      home0       wan0      lan1        eth0
//   192.168.80.2  .80.1   198.51.100.2   .100.1  203.0.113.1  .113.2  192.168.1.1 │ 192.168.1.10
//   web server    vpn-operator           narrow link,         a NAT               │
//   no route to   local                  lost packets,        or none             └── machine 2, …
//   the clients                          filters                      192.168.2.1   192.168.2.10
//
// The server's host has ip_forward = 0, as a stock Debian has.
import { type Nat, setNat } from './home.ts';
import { type Machine, startMachine } from './machine.ts';
import { connect, makeNamespace, type Namespace } from './namespaces.ts';
import { type PathConditions, setConditions } from './path-conditions.ts';
import { Undo } from './undo.ts';

export const addresses = {
  office: '192.168.80.2',
  server: '198.51.100.2',
  home: '203.0.113.2',
  machine: (index: number) => `192.168.${index}.10`,
} as const;

export class Topology {
  readonly undo: Undo;
  readonly office: Namespace;
  readonly server: Namespace;
  readonly router: Namespace;
  readonly home: Namespace;
  #machines = 0;

  constructor(
    undo: Undo,
    hosts: { office: Namespace; server: Namespace; router: Namespace; home: Namespace },
  ) {
    this.undo = undo;
    this.office = hosts.office;
    this.server = hosts.server;
    this.router = hosts.router;
    this.home = hosts.home;
  }

  /** Starts one more client machine behind `home`: one to three seconds. */
  addMachine(): Promise<Machine> {
    this.#machines += 1;
    const index = this.#machines;
    return startMachine(this.undo, {
      home: this.home,
      device: `lan${index}`,
      gateway: `192.168.${index}.1/24`,
      address: `${addresses.machine(index)}/24`,
    });
  }

  setConditions(conditions: PathConditions): Promise<void> {
    return setConditions(
      { namespace: this.router, device: 'home0' },
      { namespace: this.home, device: 'wan0' },
      conditions,
    );
  }

  setNat(nat: Nat): Promise<void> {
    return setNat(this.home, nat, { outside: addresses.home, firstClient: addresses.machine(1) });
  }

  close(): void {
    this.undo.now();
  }
}

/** Builds everything but the machines: about half a second. */
export async function buildTopology(): Promise<Topology> {
  const undo = new Undo();
  const office = await makeNamespace(undo, 'office');
  const server = await makeNamespace(undo, 'server');
  const router = await makeNamespace(undo, 'router');
  const home = await makeNamespace(undo, 'home');
  await connect(
    { namespace: office, device: 'eth0', address: '192.168.80.2/24' },
    { namespace: server, device: 'lan0', address: '192.168.80.1/24' },
  );
  await connect(
    { namespace: server, device: 'wan0', address: '198.51.100.2/24' },
    { namespace: router, device: 'core0', address: '198.51.100.1/24' },
  );
  await connect(
    { namespace: router, device: 'home0', address: '203.0.113.1/24' },
    { namespace: home, device: 'wan0', address: '203.0.113.2/24' },
  );
  await server.ip('route add default via 198.51.100.1');
  await home.ip('route add default via 203.0.113.1');
  await router.ip('route add 192.168.0.0/16 via 203.0.113.2');
  await server.forwarding('off');
  for (const forwarder of [router, home]) await forwarder.forwarding('on');
  return new Topology(undo, { office, server, router, home });
}
