// What clients must never reach, on a host that makes it easy: localhost is routed, and Services are rewritten by DNAT.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { run, skip } from '../../../packages/node-tun/test/support/namespace.ts';
import { icmpEcho, ipv4Packet, tcpSyn, udp } from '../../../packages/node-tun/test/support/packets.ts';
import type { Network } from '../../../src/gateway/host/network.ts';
import { parseCidr } from '../../../src/protocol/ip/address.ts';
import { compileDestinations } from '../../../src/protocol/ip/destinations.ts';
import { checksum } from '../../../src/protocol/ip/ipv4.ts';
import {
  fromClient,
  makeOffice,
  openNetlink,
  openNetwork,
  pool,
  rules,
  table,
  toClients,
} from './support.ts';

const client = '10.77.0.2';
const [ICMP, TCP, UDP] = [1, 6, 17];

const protectedDestinations = [
  '127.0.0.1',
  '127.0.0.53',
  '169.254.169.254',
  '169.254.1.1',
  '224.0.0.251',
  '240.0.0.1',
  '255.255.255.255',
  '192.168.1.255',
  '192.168.1.10',
  '10.96.0.1',
  '10.96.0.10',
  '10.96.0.20',
  '10.244.0.5',
];

const witness = `
table ip services {
  chain prerouting {
    type nat hook prerouting priority -100
    ip daddr 10.96.0.1 dnat to 192.168.1.10
    ip daddr 10.96.0.10 dnat to 10.244.0.5
    ip daddr 10.96.0.20 dnat to 192.168.1.20
    ip daddr 203.0.113.7 dnat to 10.244.0.5
    tcp dport 10248 dnat to 127.0.0.1
  }
}
table inet witness {
  counter reached { }
  chain input { type filter hook input priority 200; iifname "vpn-office" counter name reached; }
  chain forward { type filter hook forward priority 200; iifname "vpn-office" counter name reached; }
}`;

function reached(): number {
  const [, count] = run('nft reset counter inet witness reached').match(/packets (\d+)/) ?? [];
  return Number(count);
}

function attempts(destination: string, source = client) {
  const data = new Uint8Array(8);
  return [
    ...[443, 10250, 10248, 53].map((port) => ({ protocol: TCP, payload: tcpSyn(source, destination, port) })),
    { protocol: UDP!, payload: udp(4000, 53, data) },
    { protocol: ICMP!, payload: icmpEcho(9) },
  ].map((packet) => ({ source, destination, protocol: packet.protocol!, payload: packet.payload }));
}

describe('destinations that are protected', { skip }, () => {
  if (skip) return;
  const office = makeOffice();
  run('ip route add default via 192.168.1.20; echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet');
  run(`nft -f - <<'EOF'${witness}\nEOF`);
  const netlink = openNetlink();
  const network: Network = openNetwork(netlink);
  after(() => {
    network.close();
    netlink.close();
    office.close();
  });
  const send = (destination: string, source?: string) => {
    for (const packet of attempts(destination, source)) assert.equal(fromClient(network, packet), 1);
  };

  for (const destination of protectedDestinations) {
    it(`are not reached from the tunnel: ${destination} by SYN, UDP or ICMP`, () => {
      reached();
      send(destination);
      assert.equal(reached(), 0);
    });
  }

  it('are not reached by way of a permitted address that DNAT leads there', () => {
    reached();
    send('203.0.113.7');
    assert.equal(reached(), 0);
  });

  it('include every service of this host at the gateway address but the echo', () => {
    reached();
    send('10.77.0.1');
    assert.equal(reached(), 1);
    assert.equal(toClients(network, 1).length, 1);
  });

  it('let this host hear that a packet of its own does not fit the tunnel, and no other ICMP error', () => {
    reached();
    const quoted = { source: '10.77.0.1', destination: client, protocol: UDP!, dontFragment: true };
    const original = ipv4Packet({ ...quoted, payload: udp(53, 4000, new Uint8Array(1232)) });
    const errors = [
      [3, 4],
      [3, 1],
      [5, 1],
      [11, 0],
    ].map(([type, code]) => Uint8Array.of(type!, code!, 0, 0, 0, 0, 1236 >>> 8, 1236 & 0xff));
    for (const header of errors) {
      const payload = new Uint8Array([...header, ...original.subarray(0, 28)]);
      const sum = checksum(payload, 0, payload.length);
      payload.set([sum >>> 8, sum & 0xff], 2);
      fromClient(network, { source: client, destination: '10.77.0.1', protocol: ICMP!, payload });
    }
    assert.equal(reached(), 1);
  });

  it('leave the office reachable, but not for a source that is not of the pools', () => {
    reached();
    send('192.168.1.20');
    // One of the ports is rewritten to localhost by the rules above, and stopped on its way in.
    assert.equal(reached(), attempts('').length - 1);
    // The reverse path filter would stop it too; the table has to do so alone.
    run('echo 0 > /proc/sys/net/ipv4/conf/vpn-office/rp_filter');
    send('192.168.1.20', '10.99.0.2');
    assert.equal(reached(), 0);
  });

  it('include the other clients, unless clients may reach each other', () => {
    send('10.77.0.3');
    assert.equal(reached(), 0);
    const destinations = compileDestinations({ allowed: [pool], protected: [], denied: [] });
    network.reload({ ...rules, destinations, clientToClient: true }, []);
    send('10.77.0.3');
    assert.ok(reached() > 0);
    network.reload(rules, []);
  });

  it("open when a longer prefix names them, this host's own address included", () => {
    const destinations = compileDestinations({
      allowed: [parseCidr('0.0.0.0/0')!, parseCidr('192.168.1.10/32')!],
      protected: [parseCidr('192.168.1.0/24')!],
      denied: [pool],
    });
    network.reload({ ...rules, destinations }, []);
    send('192.168.1.10');
    assert.ok(reached() > 0);
    network.reload({ ...rules, gatewayServesDns: true }, []);
    send('10.77.0.1');
    assert.equal(reached(), 3);
    network.reload(rules, []);
  });

  it('would be reached without the table: this test can fail', () => {
    run(`nft delete table inet ${table}`);
    const open = protectedDestinations.filter((destination) => {
      send(destination);
      return reached() > 0;
    });
    assert.ok(open.length >= 7, open.join(' '));
  });
});
