// A node with an uplink to an office, as two network namespaces, and a gateway's network on it:
//   client (packets by hand) -> TUN [node 192.168.1.10] <- veth -> [office 192.168.1.20]
import { spawnSync } from 'node:child_process';
import { type Netlink, openNetlink } from 'node-tun';
import { collect } from '../../../packages/node-tun/test/support/collect.ts';
import { enterNewNamespace, newNamespace, run } from '../../../packages/node-tun/test/support/namespace.ts';
import { fill, ipv4Packet, newVector, packetAt } from '../../../packages/node-tun/test/support/packets.ts';
import { Network, type NetworkRules } from '../../../src/gateway/host/network.ts';
import { parseAddress, parseCidr } from '../../../src/protocol/ip/address.ts';
import { compileDestinations } from '../../../src/protocol/ip/destinations.ts';

export const memory = new ArrayBuffer(1 << 19);
export const table = 'vpn-operator-vpn.office';
export const tun = 'vpn-office';

const everywhere = [parseCidr('0.0.0.0/0')!];
export const pool = parseCidr('10.77.0.0/24')!;

export const rules: NetworkRules = {
  gatewayAddress: parseAddress('10.77.0.1')!,
  gatewayServesDns: false,
  pools: [pool],
  destinations: compileDestinations({
    allowed: everywhere,
    protected: ['192.168.1.10/32', '10.96.0.0/12', '10.244.0.0/16'].map((text) => parseCidr(text)!),
    denied: [pool],
  }),
  masquerade: true,
  clientToClient: false,
  proxyARP: false,
};

/** Moves the process into the node and makes the office beside it. */
export function makeOffice() {
  enterNewNamespace();
  const office = newNamespace();
  run(`ip link add uplink type veth peer name lan netns ${office.path}`);
  run('ip addr add 192.168.1.10/24 dev uplink; ip link set uplink up');
  office.enter(() => run('ip addr add 192.168.1.20/24 dev lan; ip link set lan up'));
  // The kernel notices a moment later that both ends are up.
  run('until ip link show uplink | grep -q "state UP"; do sleep 0.01; done');
  run('echo 0 > /proc/sys/net/ipv4/ip_forward');
  return office;
}

export function openNetwork(netlink: Netlink, changes: Partial<NetworkRules> = {}): Network {
  return new Network(netlink, { tun, table, memory, rules: { ...rules, ...changes } });
}

/** All that a gateway may change in the kernel, as text. */
export function kernelState(): string {
  const settings = 'cat /proc/sys/net/ipv4/ip_forward; grep -r . /proc/sys/net/ipv4/conf | sort';
  return [
    'ip -j link | sed "s/\\"operstate\\":\\"[A-Z]*\\"//g"',
    'ip -j addr | sed "s/\\"operstate\\":\\"[A-Z]*\\"//g"',
    'ip -j route show table all',
    'ip -j neigh show proxy',
    'ip rule',
    'nft list ruleset',
    settings,
  ]
    .map(run)
    .join('\n');
}

/** Writes a client's packet into the TUN; returns how many were taken. */
export function fromClient(network: Network, packet: Parameters<typeof ipv4Packet>[0]): number {
  const vector = newVector(1);
  fill(memory, vector, [ipv4Packet(packet)]);
  return network.tun.write(vector);
}

/** The packets that the kernel has for clients; at least `least` of them are on their way. */
export function toClients(network: Network, least: number): Uint8Array[] {
  return collect(least, () => {
    const vector = newVector(32, 1 << 17);
    const count = network.tun.read(vector);
    return Array.from({ length: count }, (_, i) => packetAt(memory, vector, i));
  });
}

/** Starts a network in a process of its own, in this namespace, and kills it with -9 once everything is up. */
export function startAndKill(changes: string): void {
  const script = `
    import { openNetlink } from 'node-tun';
    import { openNetwork } from '${new URL('support.ts', import.meta.url)}';
    const network = openNetwork(openNetlink(), ${changes});
    network.addClient(0xc0a80150);
    process.kill(process.pid, 'SIGKILL');`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  if (child.signal !== 'SIGKILL') throw new Error(`the gateway was not killed: ${child.stderr}`);
}

export { openNetlink };
