import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { errno, openGreSocket, setFaultHook } from '../src/node-tun.ts';
import { collect } from './support/collect.ts';
import { enterNewNamespace, newNamespace, run, skip } from './support/namespace.ts';
import { address, enhancedGre, fill, ipv4Packet, newVector, packetAt } from './support/packets.ts';

const memory = new ArrayBuffer(1 << 20);
const data = new TextEncoder().encode('payload');
const GRE = 47;

function gre(source: string, destination: string, payload = enhancedGre(7, data)): Uint8Array {
  return ipv4Packet({ source, destination, protocol: GRE, payload, dontFragment: true });
}

describe('a raw GRE socket', { skip }, () => {
  if (skip) return;
  enterNewNamespace();
  const far = newNamespace();
  run(`ip link add near type veth peer name far netns ${far.path}`);
  run('ip addr add 192.0.2.1/24 dev near; ip addr add 192.0.2.3/24 dev near; ip link set near up');
  far.enter(() => run('ip addr add 192.0.2.2/24 dev far; ip link set far up'));
  const near = openGreSocket({ memory, receiveBuffer: 4 << 20, sendBuffer: 4 << 20 });
  const peer = far.enter(() => openGreSocket({ memory }));
  after(() => {
    near.close();
    peer.close();
    far.close();
  });

  /** At least so many are on their way. */
  const received = (least: number, socket = near) =>
    collect(least, () => {
      const vector = newVector(64, 1 << 18);
      const count = socket.receive(vector);
      return Array.from({ length: count }, (_, i) => ({
        packet: packetAt(memory, vector, i),
        from: vector.addresses[i],
      }));
    });
  const sendAll = (packets: readonly Uint8Array[], socket = near) => {
    const vector = newVector(Math.max(1, packets.length));
    fill(memory, vector, packets);
    const sent = socket.send(vector);
    return { sent, errnos: [...vector.errnos.subarray(0, packets.length)] };
  };

  it('carries whole IPv4 packets both ways, with the header that we wrote', () => {
    const packet = gre('192.0.2.1', '192.0.2.2');
    assert.deepEqual(sendAll([packet, packet]), { sent: 2, errnos: [0, 0] });
    const [first, second] = received(2, peer);
    assert.deepEqual(first?.packet, packet);
    assert.equal(first?.from, address('192.0.2.1'));
    assert.deepEqual(second?.packet.subarray(20), packet.subarray(20));
    assert.deepEqual(received(0, peer), []);
    assert.equal(peer.receiveErrno, 0);
  });

  it('moves batches longer than one system call takes', () => {
    const few = openGreSocket({ memory, batch: 3 });
    const packets = Array.from({ length: 8 }, (_, i) => gre('192.0.2.1', '192.0.2.2', enhancedGre(i, data)));
    assert.equal(sendAll(packets, few).sent, 8);
    assert.equal(received(8, peer).length, 8);
    few.close();
  });

  it('ignores GRE of version 0, other protocol types and other protocols (GRE-8)', () => {
    const versionZero = enhancedGre(7, data);
    versionZero[1] = 0;
    const otherType = enhancedGre(7, data);
    otherType.set([0x08, 0x00], 2);
    const tiny = new Uint8Array([0x30]);
    const strangers = [versionZero, otherType, tiny].map((payload) => gre('192.0.2.1', '192.0.2.2', payload));
    const udp = ipv4Packet({ source: '192.0.2.1', destination: '192.0.2.2', protocol: 17, payload: data });
    assert.equal(sendAll([...strangers, udp, gre('192.0.2.1', '192.0.2.2')]).sent, 5);
    assert.equal(received(1, peer).length, 1);
  });

  it('finds the GRE header behind IP options', () => {
    const packet = gre('192.0.2.1', '192.0.2.2');
    const withOptions = new Uint8Array(packet.length + 4);
    withOptions.set(packet.subarray(0, 20));
    withOptions.set([1, 1, 1, 0], 20);
    withOptions.set(packet.subarray(20), 24);
    withOptions[0] = 0x46;
    assert.equal(sendAll([withOptions]).sent, 1);
    assert.equal(received(1, peer)[0]?.packet.length, withOptions.length);
  });

  it('accepts only the local addresses and call IDs that it was given', () => {
    const picky = openGreSocket({
      memory,
      addresses: [address('192.0.2.3')],
      callIds: { first: 10, last: 20 },
    });
    const sent = ['192.0.2.1', '192.0.2.3'].flatMap((destination) =>
      [9, 10, 20, 21].map((callId) => gre('192.0.2.2', destination, enhancedGre(callId, data))),
    );
    assert.equal(sendAll(sent, peer).sent, 8);
    const got = received(2, picky).map(({ packet }) => [
      packet[19],
      (packet[26] ?? 0) * 256 + (packet[27] ?? 0),
    ]);
    assert.deepEqual(got, [
      [3, 10],
      [3, 20],
    ]);
    assert.equal(received(8).length, 8);
    picky.close();
  });

  it('notes EMSGSIZE, EPERM and ENETUNREACH beside the packet they belong to and sends the others (SE-1)', () => {
    run(`nft 'table inet t { chain o { type filter hook output priority 0; ip daddr 192.0.2.9 drop; }; }'`);
    const big = gre('192.0.2.1', '192.0.2.2', enhancedGre(7, new Uint8Array(1600)));
    const good = gre('192.0.2.1', '192.0.2.2');
    const packets = [good, big, good, gre('192.0.2.1', '192.0.2.9'), gre('192.0.2.1', '198.51.100.1'), good];
    const { sent, errnos } = sendAll(packets);
    run('nft delete table inet t');
    assert.equal(sent, 3);
    assert.deepEqual(errnos, [0, errno.EMSGSIZE, 0, errno.EPERM, errno.ENETUNREACH, 0]);
    assert.equal(received(3, peer).length, 3);
    const [local] = near.receiveErrors();
    assert.equal(local?.origin, 'local');
    assert.equal(local?.mtu, 1500);
  });

  it('reports a router\'s "fragmentation needed" with the MTU and the quoted packet, and goes on working', () => {
    far.enter(() => {
      run('echo 1 > /proc/sys/net/ipv4/ip_forward');
      run(
        'ip link add beyond mtu 1400 type veth peer name end; ip link set end up; ip link set beyond up; ip addr add 203.0.113.1/24 dev beyond',
      );
    });
    run('ip route add 203.0.113.0/24 via 192.0.2.2');
    near.receiveErrors();
    const packet = gre('192.0.2.1', '203.0.113.5', enhancedGre(77, new Uint8Array(1440)));
    assert.equal(sendAll([packet]).sent, 1);
    // The pending error that waits on the socket now, or comes later, belongs to that packet, not to the next.
    assert.deepEqual(sendAll([gre('192.0.2.1', '192.0.2.2')]), { sent: 1, errnos: [0] });
    const [error, ...more] = collect(1, () => near.receiveErrors());
    assert.equal(more.length, 0);
    assert.equal(error?.errno, errno.EMSGSIZE);
    assert.deepEqual([error?.origin, error?.type, error?.code, error?.mtu], ['icmp', 3, 4, 1400]);
    assert.equal(error?.from, address('192.0.2.2'));
    assert.equal(error?.destination, address('203.0.113.5'));
    assert.deepEqual(error?.quoted.subarray(12, 28), packet.subarray(12, 28));
    assert.equal(near.receive(newVector(4)), 0);
    assert.equal(near.receiveErrno, 0);
    received(1, peer);
  });

  it('takes no more errors at once than asked for', () => {
    const big = gre('192.0.2.1', '192.0.2.2', enhancedGre(7, new Uint8Array(1600)));
    sendAll([big, big, big]);
    assert.equal(near.receiveErrors(2).length, 2);
    assert.ok(near.receiveErrors().length >= 1);
  });

  it('survives any errno of a system call: nothing is thrown, each packet has its errno', () => {
    setFaultHook((syscall) => (syscall === 'sendmmsg' ? errno.ENOBUFS : errno.ENETDOWN));
    const packets = [1, 2, 3].map(() => gre('192.0.2.1', '192.0.2.2'));
    assert.deepEqual(sendAll(packets), { sent: 0, errnos: [1, 2, 3].map(() => errno.ENOBUFS) });
    assert.equal(near.receive(newVector(4)), 0);
    assert.equal(near.receiveErrno, errno.ENETDOWN);
    assert.deepEqual(near.receiveErrors(), []);
    let calls = 0;
    setFaultHook(() => (++calls === 1 ? errno.EAGAIN : 0));
    assert.deepEqual(
      sendAll(packets).errnos,
      [1, 2, 3].map(() => errno.EAGAIN),
    );
    assert.equal(calls, 1);
    setFaultHook(undefined);
  });

  it('says that CAP_NET_RAW is missing', () => {
    setFaultHook((syscall) => (syscall === 'socket' ? errno.EPERM : 0));
    assert.throws(() => openGreSocket({ memory }), /CAP_NET_RAW/);
    setFaultHook(undefined);
  });

  it('works with the buffers it can get where CAP_NET_ADMIN is missing', () => {
    setFaultHook((_, { operation }) => (operation.endsWith('FORCE') ? errno.EPERM : 0));
    openGreSocket({ memory, receiveBuffer: 4 << 20 }).close();
    setFaultHook(undefined);
  });
});
