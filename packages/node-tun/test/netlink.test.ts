import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { errno, openNetlink, SystemError, setFaultHook } from '../src/node-tun.ts';
import { enterNewNamespace, run, skip } from './support/namespace.ts';
import { address } from './support/packets.ts';

const json = (command: string) => JSON.parse(run(command) || '[]');

describe('netlink', { skip }, () => {
  if (skip) return;
  enterNewNamespace();
  run('ip link add lan type veth peer name other; ip link set other up');
  const netlink = openNetlink();
  after(() => netlink.close());
  const index = (name: string) => netlink.links().find((link) => link.name === name)?.index ?? 0;
  const lan = index('lan');

  it('lists the interfaces with index, MTU, state and kind, as `ip link` does', () => {
    const wanted = json('ip -j link').map((link: Record<string, unknown>) => [
      link['ifindex'],
      link['ifname'],
      link['mtu'],
      (link['flags'] as string[]).includes('UP') ? 'up' : 'down',
    ]);
    const links = netlink.links();
    assert.deepEqual(
      links.map(({ index, name, mtu, state }) => [index, name, mtu, state]),
      wanted,
    );
    assert.equal(links.find(({ name }) => name === 'lo')?.kind, 'loopback');
    assert.equal(links.find(({ name }) => name === 'lan')?.kind, 'broadcast');
  });

  it('sets an interface up, its MTU and its queue, and down again', () => {
    netlink.changeLink(lan, { state: 'up', mtu: 1400, transmitQueue: 77 });
    const [up] = json('ip -j link show lan');
    assert.ok(up.flags.includes('UP'));
    assert.deepEqual([up.mtu, up.txqlen], [1400, 77]);
    netlink.changeLink(lan, { state: 'down' });
    assert.ok(!json('ip -j link show lan')[0].flags.includes('UP'));
    netlink.changeLink(lan, { state: 'up', mtu: 1500 });
  });

  it('adds, lists and deletes addresses', () => {
    const office = { index: lan, address: address('192.168.1.10'), prefixLength: 24 };
    netlink.addAddress(office);
    const [shown] = json('ip -j -4 addr show lan')[0].addr_info;
    assert.deepEqual([shown.local, shown.prefixlen], ['192.168.1.10', 24]);
    assert.ok(netlink.addresses().some((each) => each.address === office.address && each.index === lan));
    assert.ok(netlink.addresses().some((each) => each.address === address('127.0.0.1')));
    assert.throws(() => netlink.addAddress(office), { code: 'EEXIST', operation: 'RTM_NEWADDR' });
    netlink.deleteAddress(office);
    assert.deepEqual(json('ip -j -4 addr show lan')[0]?.addr_info ?? [], []);
    netlink.addAddress(office);
  });

  it('adds, replaces, lists and deletes routes with metric, source, gateway and MTU', () => {
    const destination = { destination: address('10.5.0.0'), prefixLength: 16, index: lan, metric: 50 };
    netlink.addRoute({ ...destination, source: address('192.168.1.10') });
    assert.throws(() => netlink.addRoute(destination), { code: 'EEXIST' });
    let [route] = json('ip -j route show 10.5.0.0/16');
    assert.deepEqual(
      [route.dev, route.metric, route.prefsrc, route.scope],
      ['lan', 50, '192.168.1.10', 'link'],
    );
    netlink.replaceRoute({ ...destination, gateway: address('192.168.1.1'), mtu: 1300 });
    [route] = json('ip -j route show 10.5.0.0/16');
    assert.equal(route.gateway, '192.168.1.1');
    assert.equal(route.metrics[0].mtu, 1300);
    const listed = netlink.routes().find((each) => each.destination === destination.destination);
    assert.deepEqual([listed?.index, listed?.metric, listed?.mtu, listed?.protocol], [lan, 50, 1300, 4]);
    assert.equal(json('ip -j route').length, netlink.routes().length);
    netlink.deleteRoute(destination);
    assert.equal(run('ip route show 10.5.0.0/16'), '');
  });

  it('tells which way a packet would go, and that none leads there', () => {
    netlink.addRoute({
      destination: address('10.6.0.0'),
      prefixLength: 16,
      index: lan,
      gateway: address('192.168.1.1'),
      mtu: 1280,
    });
    const wanted = {
      index: lan,
      gateway: address('192.168.1.1'),
      source: address('192.168.1.10'),
      mtu: 1280,
    };
    assert.deepEqual(netlink.lookUpRoute(address('10.6.1.1')), wanted);
    assert.throws(() => netlink.lookUpRoute(address('203.0.113.1')), { code: 'ENETUNREACH' });
  });

  it('reads and changes the IPv4 settings of one interface and leaves the global one and the others', () => {
    const proc = (name: string, setting: string) =>
      Number(readFileSync(`/proc/sys/net/ipv4/conf/${name}/${setting}`, 'utf8'));
    const before = netlink.settings(lan);
    const untouched = ['all', 'default', 'other'].map((name) => proc(name, 'forwarding'));
    const wanted = {
      forwarding: 1,
      rpFilter: 1,
      sendRedirects: 0,
      proxyArp: 1,
      routeLocalnet: 1,
      acceptRedirects: 0,
    };
    netlink.changeSettings(lan, wanted);
    assert.deepEqual(netlink.settings(lan), wanted);
    const files = [
      'forwarding',
      'rp_filter',
      'send_redirects',
      'proxy_arp',
      'route_localnet',
      'accept_redirects',
    ];
    assert.deepEqual(
      files.map((file) => proc('lan', file)),
      [1, 1, 0, 1, 1, 0],
    );
    assert.deepEqual(
      ['all', 'default', 'other'].map((name) => proc(name, 'forwarding')),
      untouched,
    );
    netlink.changeSettings(lan, before);
    assert.deepEqual(netlink.settings(lan), before);
  });

  it('answers ARP for an address that is elsewhere, and stops', () => {
    const guest = { index: lan, address: address('192.168.1.77'), protocol: 99 };
    netlink.addProxyNeighbour(guest);
    netlink.addProxyNeighbour(guest);
    assert.equal(json('ip -j neigh show proxy')[0].dst, '192.168.1.77');
    assert.deepEqual(netlink.proxyNeighbours(), [guest]);
    netlink.deleteProxyNeighbour(guest);
    assert.deepEqual(netlink.proxyNeighbours(), []);
  });

  it("explains a refusal: the errno, the message, what to do, and the kernel's own words", () => {
    assert.throws(
      () => netlink.changeLink(lan, { mtu: 1 }),
      (error) =>
        error instanceof SystemError && error.code === 'EINVAL' && /the kernel says: /.test(error.message),
    );
    assert.throws(() => netlink.changeLink(99999, { state: 'up' }), /interface is gone/);
    setFaultHook((_, { operation }) => (operation === 'RTM_SETLINK' ? errno.EPERM : 0));
    assert.throws(
      () => netlink.changeLink(lan, { state: 'up' }),
      /EPERM from send RTM_SETLINK; .*CAP_NET_ADMIN/,
    );
    setFaultHook(undefined);
  });

  it('deletes an interface', () => {
    netlink.deleteLink(lan);
    assert.deepEqual(
      netlink.links().map(({ name }) => name),
      ['lo'],
    );
  });
});
