import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, describe, it } from 'node:test';
import { errno, setFaultHook } from 'node-tun';
import { run, skip } from '../../../packages/node-tun/test/support/namespace.ts';
import { icmpEcho } from '../../../packages/node-tun/test/support/packets.ts';
import type { Network } from '../../../src/gateway/host/network.ts';
import { parseAddress, parseCidr } from '../../../src/protocol/ip/address.ts';
import {
  fromClient,
  kernelState,
  makeOffice,
  openNetlink,
  openNetwork,
  rules,
  startAndKill,
  table,
  toClients,
} from './support.ts';

const ICMP = 1;
const tunState = () => run('ip -o -4 addr show vpn-office | cut -d" " -f2-; ip route show dev vpn-office');
const fails = (action: () => void): boolean => {
  try {
    action();
    return false;
  } catch {
    return true;
  }
};
const forwarding = (name: string) =>
  readFileSync(`/proc/sys/net/ipv4/conf/${name}/forwarding`, 'utf8').trim();
const lanClient = parseAddress('192.168.1.80')!;
const lanPool = { proxyARP: true, pools: [parseCidr('192.168.1.64/26')!], masquerade: false };

describe('the network of a gateway', { skip }, () => {
  if (skip) return;
  const office = makeOffice();
  const netlink = openNetlink();
  const before = kernelState();
  let network: Network | undefined;
  afterEach(() => {
    setFaultHook(undefined);
    network?.close();
    network = undefined;
  });
  after(() => {
    netlink.close();
    office.close();
  });
  const ping = (source: string, destination: string) =>
    fromClient(network!, { source, destination, protocol: ICMP, payload: icmpEcho(7) });
  const answers = () => toClients(network!, 1).filter((packet) => packet[9] === ICMP && packet[20] === 0);

  it('leaves nothing behind when it is closed, twice even', () => {
    network = openNetwork(netlink);
    assert.notEqual(kernelState(), before);
    network.close();
    network.close();
    assert.equal(kernelState(), before);
  });

  it('leaves nothing behind after kill -9, the next start and its end', () => {
    startAndKill('{}');
    assert.equal(forwarding('uplink'), '1');
    assert.match(run('nft list tables'), /vpn-operator-vpn\.office/);
    openNetwork(netlink).close();
    assert.equal(kernelState(), before);
  });

  it('leaves nothing behind when its start fails at any netlink request', () => {
    for (let allowed = 0; allowed < 200; allowed++) {
      let requests = 0;
      setFaultHook((syscall, { operation }) =>
        syscall === 'send' && operation.startsWith('RTM_') && ++requests === allowed + 1 ? errno.EPERM : 0,
      );
      try {
        network = openNetwork(netlink);
      } catch (error) {
        assert.match(String(error), /EPERM from send RTM_.*CAP_NET_ADMIN/);
        assert.equal(kernelState(), before, `request ${allowed + 1}`);
        continue;
      }
      setFaultHook(undefined);
      assert.ok(allowed > 5);
      return;
    }
  });

  it('forwards to the office and back, masqueraded, on a host with ip_forward=0 that stays 0', async () => {
    network = openNetwork(netlink);
    assert.equal(ping('10.77.0.2', '192.168.1.20'), 1);
    const [answer] = answers();
    assert.deepEqual([...answer!.subarray(12, 20)], [192, 168, 1, 20, 10, 77, 0, 2]);
    assert.equal(readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8').trim(), '0');
  });

  it('does not make the host a router between its neighbours', () => {
    run('ip link add second type veth peer name beyond; ip addr add 172.16.0.1/24 dev second');
    run('ip link set second up; ip link set beyond up');
    network = openNetwork(netlink);
    assert.deepEqual([forwarding('uplink'), forwarding('second')], ['1', '1']);
    const pings = () =>
      office.enter(() =>
        run('ip route replace 172.16.0.0/24 via 192.168.1.10; ping -c1 -W1 172.16.0.9 || true'),
      );
    const counted = () => run('ip -s -j link show second').match(/"tx":\{"bytes":\d+,"packets":(\d+)/)?.[1];
    const idle = counted();
    pings();
    assert.equal(counted(), idle);
    network.close();
    run('ip link del second');
  });

  it('keeps the forwarding that was on, and that another gateway still needs', () => {
    run('echo 1 > /proc/sys/net/ipv4/conf/uplink/forwarding');
    openNetwork(netlink).close();
    assert.equal(forwarding('uplink'), '1');
    run('echo 0 > /proc/sys/net/ipv4/conf/uplink/forwarding');
    run(
      `nft 'table inet vpn-operator-x.y { set formerly_not_forwarding { type ifname; elements = { "uplink" }; }; }'`,
    );
    openNetwork(netlink).close();
    assert.equal(forwarding('uplink'), '1');
    run('nft delete table inet vpn-operator-x.y; echo 0 > /proc/sys/net/ipv4/conf/uplink/forwarding');
    assert.equal(kernelState(), before);
  });

  it('does not turn off the routing that an administrator turned on meanwhile', () => {
    network = openNetwork(netlink);
    run('echo 1 > /proc/sys/net/ipv4/ip_forward');
    network.close();
    assert.equal(forwarding('uplink'), '1');
    run('echo 0 > /proc/sys/net/ipv4/ip_forward');
    assert.equal(kernelState(), before);
  });

  it("answers ARP for a client in the office's own subnet while it is there (proxy ARP)", () => {
    network = openNetwork(netlink, lanPool);
    network.addClient(lanClient);
    const reach = () =>
      office.enter(() => run('ip neigh flush dev lan; ping -c1 -W2 192.168.1.80 >/dev/null || true'));
    reach();
    const request = toClients(network, 1).find((packet) => packet[9] === ICMP);
    assert.deepEqual([...request!.subarray(12, 20)], [192, 168, 1, 20, 192, 168, 1, 80]);
    network.removeClient(lanClient);
    assert.equal(run('ip neigh show proxy') + run('ip route show 192.168.1.80'), '');
    network.addClient(lanClient);
    network.close();
    assert.equal(kernelState(), before);
  });

  it('forgets the proxy ARP entries of a killed process', () => {
    startAndKill('{ proxyARP: true, masquerade: false, pools: [{ address: 0xc0a80140, prefixLength: 26 }] }');
    assert.match(run('ip neigh show proxy'), /192\.168\.1\.80/);
    network = openNetwork(netlink, lanPool);
    assert.equal(run('ip neigh show proxy'), '');
    network.close();
    assert.equal(kernelState(), before);
  });

  it('follows new pools, a new gateway address and proxy ARP while it runs', () => {
    network = openNetwork(netlink);
    const pools = [...rules.pools, parseCidr('10.78.0.0/24')!];
    network.reload({ ...rules, pools, gatewayAddress: parseAddress('10.78.0.1')! }, []);
    assert.match(run('ip route'), /10\.78\.0\.0\/24 dev vpn-office/);
    assert.match(run('ip -4 addr show vpn-office'), /inet 10\.78\.0\.1\/32/);
    network.reload({ ...rules, ...lanPool }, [lanClient]);
    assert.equal(run('ip route show dev vpn-office').trim(), '192.168.1.80 proto static scope link');
    network.reload(rules, []);
    assert.equal(run('ip route show dev vpn-office').trim(), '10.77.0.0/24 proto static scope link');
    network.close();
    assert.equal(kernelState(), before);
  });

  it('comes to the new rules by a second try, whatever the kernel refused at the first', () => {
    const next = {
      ...rules,
      ...{ pools: [parseCidr('10.78.0.0/24')!, parseCidr('10.79.0.0/24')!] },
      gatewayAddress: parseAddress('10.78.0.1')!,
    };
    const isChange = (operation: string) => /^RTM_(NEW|DEL)/.test(operation);
    network = openNetwork(netlink);
    network.reload(next, []);
    const wanted = tunState();
    network.close();
    for (let allowed = 0; ; allowed++) {
      network = openNetwork(netlink);
      let requests = 0;
      setFaultHook((syscall, { operation }) =>
        syscall === 'send' && isChange(operation) && ++requests === allowed + 1 ? errno.ENOBUFS : 0,
      );
      const isRefused = fails(() => network?.reload(next, []));
      setFaultHook(undefined);
      if (isRefused) network.reload(next, []);
      assert.equal(tunState(), wanted, `request ${allowed + 1}`);
      network.close();
      if (isRefused) continue;
      assert.ok(allowed >= 5);
      return;
    }
  });

  it('comes to the new rules by a second try after nft failed', () => {
    const path = process.env['PATH'];
    network = openNetwork(netlink);
    process.env['PATH'] = '/nowhere';
    try {
      assert.throws(() => network?.reload({ ...rules, pools: [parseCidr('10.78.0.0/24')!] }, []), /nft/);
    } finally {
      process.env['PATH'] = path;
    }
    network.reload({ ...rules, pools: [parseCidr('10.78.0.0/24')!] }, []);
    assert.equal(run('ip route show dev vpn-office').trim(), '10.78.0.0/24 proto static scope link');
  });

  it('makes the TUN again when somebody deletes it', () => {
    network = openNetwork(netlink);
    run('ip link del vpn-office');
    network.remakeTun();
    assert.equal(ping('10.77.0.2', '192.168.1.20'), 1);
    assert.equal(answers().length, 1);
  });

  it('names the Debian package when nft is missing', () => {
    const path = process.env['PATH'];
    process.env['PATH'] = '/nonexistent';
    try {
      assert.throws(() => openNetwork(netlink), /Debian package nftables/);
    } finally {
      process.env['PATH'] = path;
    }
    assert.equal(kernelState(), before);
  });

  it('refuses a pool that is routed elsewhere already', () => {
    run('ip route add 10.77.0.0/24 dev uplink');
    assert.throws(() => openNetwork(netlink), /cannot add the route 10\.77\.0\.0\/24.*EEXIST/);
    run('ip route del 10.77.0.0/24');
    assert.equal(run(`nft list tables`).includes(table), false);
    assert.equal(kernelState(), before);
  });
});
