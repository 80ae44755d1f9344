// The server to compare with: Debian's pptpd under Debian's pppd and the kernel's MPPE, on a machine of its own between
// router and office, with the configuration that the package brings. Only its addresses and its users are ours.
import { readFileSync } from 'node:fs';
import type { TestUser } from './documents.ts';
import { type Machine, startMachine } from './machine.ts';
import { addresses, type Topology } from './topology.ts';

export const pptpdAddress = '198.51.101.2';
const pool = { gateway: '10.78.0.1', clients: '10.78.0.100-199', cidr: '10.78.0.0/24' };

export class Pptpd {
  readonly machine: Machine;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  /** MTU of the one session's interface; undefined when there is no session. */
  async mtu(): Promise<number | undefined> {
    const links = await this.machine.run('ip -o link show type ppp');
    return Number(/ mtu (\d+)/.exec(links)?.[1]) || undefined;
  }

  /** Waits until no session is left. */
  async ended(): Promise<void> {
    await this.machine.run(
      'for i in $(seq 100); do pgrep -x pppd >/dev/null || exit 0; sleep 0.1; done; pkill -x pptpctrl; pkill -x pppd; sleep 1',
    );
  }
}

/** Needs Debian's package pptpd. Two seconds. */
export async function startPptpd(
  { undo, router, office }: Topology,
  users: readonly TestUser[],
): Promise<Pptpd> {
  const machine = await startMachine(undo, {
    ...{ home: router, device: 'pptpd0', gateway: '198.51.101.1/24', address: `${pptpdAddress}/24` },
    second: { home: office, device: 'pptpd1', gateway: '192.168.81.1/24', address: '192.168.81.2/24' },
  });
  await office.ip(`route add ${pool.cidr} via 192.168.81.2`);
  await machine.run(`
sysctl -qw net.ipv4.ip_forward=1
ip route add ${addresses.office}/32 via 192.168.81.1
${writes('/etc/ppp/pptpd-options', shipped('/etc/ppp/pptpd-options'))}
${writes('/etc/ppp/chap-secrets', users.map(({ name, password }) => `"${name}" pptpd "${password}" *\n`).join(''))}
${writes('/run/lab/pptpd.conf', `${shipped('/etc/pptpd.conf')}\nlocalip ${pool.gateway}\nremoteip ${pool.clients}\n`)}
setsid pptpd --fg --conf /run/lab/pptpd.conf >/run/lab/pptpd.log 2>&1 </dev/null &
for i in $(seq 50); do ss -ltn | grep -q :1723 && exit; sleep 0.1; done
cat /run/lab/pptpd.log; exit 1`);
  return new Pptpd(machine);
}

/** A file as the package brings it, without its comments: what a machine is told at once must stay below 4,096 bytes. */
function shipped(file: string): string {
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#')).join('\n');
}

function writes(file: string, text: string): string {
  return `base64 -d >${file} <<<'${Buffer.from(text).toString('base64')}'`;
}
