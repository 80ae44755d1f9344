// Forwarding between the TUN and the interfaces that lead out of this host, switched on per interface by netlink: the
// global ip_forward stays as it is, and nothing in /proc is written. What was off before is remembered by the firewall
// table, where a kill -9 does not reach.
import { readFileSync } from 'node:fs';
import type { Netlink } from 'node-tun';
import { ForwardingSet, TablePrefix } from './firewall.ts';
import { listTables, readNameSet } from './nft.ts';

export interface ForwardingPlan {
  /** Interfaces that lead out of this host. */
  readonly uplinks: readonly string[];
  /** Those of them that did not forward before any gateway of ours ran. */
  readonly formerlyOff: readonly string[];
}

/** What will have to change. `own`: this gateway's table, which may hold what an earlier run remembered. */
export function planForwarding(netlink: Netlink, own: { table: string; tun: string }): ForwardingPlan {
  const remembered = new Set([...readNameSet(own.table, ForwardingSet), ...rememberedByOthers(own.table)]);
  const links = uplinks(netlink, own.tun);
  const isOff = (index: number) => netlink.settings(index).forwarding === 0;
  return {
    uplinks: links.map(({ name }) => name),
    formerlyOff: links
      .filter(({ index, name }) => isOff(index) || remembered.has(name))
      .map(({ name }) => name),
  };
}

export function switchOn(netlink: Netlink, plan: ForwardingPlan): void {
  for (const { index, name } of netlink.links()) {
    if (plan.formerlyOff.includes(name)) netlink.changeSettings(index, { forwarding: 1 });
  }
}

/** Puts back what was, except where another gateway still needs it or an administrator has since turned routing on. */
export function switchBack(
  netlink: Netlink,
  plan: ForwardingPlan,
  own: { table: string; routing: string },
): void {
  if (own.routing === '0' && globalForwarding() === '1') return;
  const needed = rememberedByOthers(own.table);
  for (const { index, name } of netlink.links()) {
    if (plan.formerlyOff.includes(name) && !needed.has(name))
      netlink.changeSettings(index, { forwarding: 0 });
  }
}

/** The value of net.ipv4.ip_forward. */
export function globalForwarding(): string {
  return readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim();
}

// Every interface that is up and has an IPv4 address or carries the default route; loopback and the TUN are not ways out.
function uplinks(netlink: Netlink, tun: string) {
  const indexes = new Set(netlink.addresses().map(({ index }) => index));
  for (const { index, prefixLength } of netlink.routes()) if (prefixLength === 0) indexes.add(index);
  return netlink
    .links()
    .filter(
      ({ index, name, kind, state }) =>
        indexes.has(index) && kind !== 'loopback' && state === 'up' && name !== tun,
    );
}

function rememberedByOthers(ownTable: string): Set<string> {
  const others = listTables().filter((table) => table.startsWith(TablePrefix) && table !== ownTable);
  return new Set(others.flatMap((table) => readNameSet(table, ForwardingSet)));
}
