// Network namespaces as hosts: unique names, veth pairs, addresses, routes and nftables rules. Links, addresses, routes
// and rules live inside namespaces and vanish with them.
import { attempt, type CommandResult, execute, executeNow, labPrefix } from './commands.ts';
import type { Undo } from './undo.ts';

let serial = 0;

/** One host of the lab. */
export class Namespace {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  /** The command line that runs `command` inside. */
  enter(command: readonly string[]): string[] {
    return ['ip', 'netns', 'exec', this.name, ...command];
  }

  run(command: readonly string[], options: { timeout?: number; input?: string } = {}): Promise<string> {
    return execute(this.enter(command), options);
  }

  attempt(command: readonly string[], options: { timeout?: number } = {}): Promise<CommandResult> {
    return attempt(this.enter(command), options);
  }

  /** Runs one `ip` command, e.g. `ip('route add default via 192.0.2.1')`. */
  ip(command: string): Promise<string> {
    return execute(['ip', '-n', this.name, ...command.split(' ')]);
  }

  /** Replaces the table `ip <name>` by one with the given chains; an empty text only removes it. */
  async nftTable(name: string, chains: string): Promise<void> {
    const table = chains === '' ? '' : `table ip ${name} {\n${chains}\n}\n`;
    await this.run(['nft', '-f', '-'], { input: `table ip ${name}\ndelete table ip ${name}\n${table}` });
  }

  async forwarding(value: 'on' | 'off'): Promise<void> {
    const digit = value === 'on' ? '1' : '0';
    await this.run(['sysctl', '-qw', `net.ipv4.ip_forward=${digit}`]);
  }
}

/** Makes a namespace with loopback up. Its name carries our process id, so that concurrent labs never meet. */
export async function makeNamespace(undo: Undo, role: string): Promise<Namespace> {
  serial += 1;
  const namespace = new Namespace(`${labPrefix}-${serial}-${role}`);
  undo.later(() => executeNow(['ip', 'netns', 'del', namespace.name]));
  await execute(['ip', 'netns', 'add', namespace.name]);
  await namespace.ip('link set lo up');
  return namespace;
}

export interface LinkEnd {
  namespace: Namespace;
  device: string;
  /** Address with prefix length, e.g. `192.0.2.1/24`. */
  address: string;
}

/** Connects two namespaces by a veth pair. */
export async function connect(one: LinkEnd, other: LinkEnd): Promise<void> {
  await execute([
    ...['ip', 'link', 'add', one.device, 'netns', one.namespace.name, 'type', 'veth'],
    ...['peer', 'name', other.device, 'netns', other.namespace.name],
  ]);
  for (const { namespace, device, address } of [one, other]) {
    await namespace.ip(`addr add ${address} dev ${device}`);
    await namespace.ip(`link set ${device} up`);
  }
}

/** Makes the TAP device over which a User Mode Linux guest reaches its namespace. */
export async function makeTap({ namespace, device, address }: LinkEnd): Promise<void> {
  await namespace.ip(`tuntap add dev ${device} mode tap`);
  await namespace.ip(`addr add ${address} dev ${device}`);
  await namespace.ip(`link set ${device} up`);
}
