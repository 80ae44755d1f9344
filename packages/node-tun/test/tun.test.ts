import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { after, describe, it } from 'node:test';
import { errno, openNetlink, openTun, SystemError, setFaultHook } from '../src/node-tun.ts';
import { enterNewNamespace, run, skip } from './support/namespace.ts';
import { address, fill, ipv4Packet, newVector, packetAt, udp } from './support/packets.ts';

const memory = new ArrayBuffer(1 << 20);
const text = (value: string) => new TextEncoder().encode(value);

describe('a TUN device', { skip }, () => {
  if (skip) return;
  enterNewNamespace();
  const tun = openTun({ name: 'tun-test', memory });
  const netlink = openNetlink();
  netlink.addAddress({ index: tun.index, address: address('10.1.0.1'), prefixLength: 24 });
  netlink.changeLink(tun.index, { state: 'up' });
  after(() => {
    tun.close();
    netlink.close();
  });

  it('hands what is written to it to the kernel', async () => {
    const socket = createSocket('udp4').bind(9999, '10.1.0.1');
    await once(socket, 'listening');
    const vector = newVector(4);
    const datagram = udp(5000, 9999, text('from the tunnel'));
    fill(memory, vector, [
      ipv4Packet({ source: '10.1.0.2', destination: '10.1.0.1', protocol: 17, payload: datagram }),
    ]);
    assert.equal(tun.write(vector), 1);
    assert.equal(vector.errnos[0], 0);
    const [message, from] = await once(socket, 'message');
    assert.equal(String(message), 'from the tunnel');
    assert.equal(from.address, '10.1.0.2');
    socket.close();
  });

  it('hands over what the kernel routes to it, all that waits in one call', async () => {
    const vector = newVector(8, 65536);
    while (tun.read(vector) > 0);
    const socket = createSocket('udp4');
    for (const word of ['one', 'two', 'three']) {
      await new Promise((resolve) => socket.send(word, 9, '10.1.0.77', resolve));
    }
    assert.equal(tun.read(vector), 3);
    assert.equal(vector.count, 3);
    const words = [0, 1, 2].map((i) => new TextDecoder().decode(packetAt(memory, vector, i).subarray(28)));
    assert.deepEqual(words, ['one', 'two', 'three']);
    assert.equal(tun.read(vector), 0);
    assert.equal(tun.readErrno, 0);
    socket.close();
  });

  it('reads no more than the vector has room for and keeps the rest for the next call', async () => {
    const vector = newVector(2);
    const socket = createSocket('udp4');
    for (const word of ['one', 'two', 'three']) {
      await new Promise((resolve) => socket.send(word, 9, '10.1.0.77', resolve));
    }
    assert.deepEqual([tun.read(vector), tun.read(vector)], [2, 1]);
    socket.close();
  });

  it('notes the errno of each packet that the kernel refuses and writes the others', () => {
    const vector = newVector(4);
    const good = ipv4Packet({
      source: '10.1.0.2',
      destination: '10.1.0.1',
      protocol: 17,
      payload: udp(1, 2, text('x')),
    });
    fill(memory, vector, [good, Uint8Array.from({ length: 20 }, () => 0x15), good]);
    assert.equal(tun.write(vector), 2);
    assert.deepEqual([...vector.errnos.subarray(0, 3)], [0, errno.EINVAL, 0]);
  });

  it('touches nothing outside its memory', () => {
    const vector = newVector(2);
    vector.offsets[0] = memory.byteLength - 10;
    vector.lengths[0] = 20;
    vector.count = 1;
    assert.equal(tun.write(vector), 0);
    assert.equal(vector.errnos[0], errno.EFAULT);
  });

  it('refuses a second opener of its name with EBUSY and says what to do', () => {
    assert.throws(
      () => openTun({ name: 'tun-test', memory }),
      (error) =>
        error instanceof SystemError &&
        error.code === 'EBUSY' &&
        error.syscall === 'ioctl' &&
        /in use by another process/.test(error.message),
    );
  });

  it('refuses a name of more than 15 bytes before it asks the kernel', () => {
    assert.throws(() => openTun({ name: 'a-name-too-long-', memory }), /at most 15 bytes, this one has 16/);
  });

  it('refuses the name of an interface of another kind', () => {
    assert.throws(() => openTun({ name: 'lo', memory }), { code: 'EINVAL' });
  });

  it('names the module when /dev/net/tun is absent, and the cgroup when it is forbidden', () => {
    for (const [cause, advice] of [
      [errno.ENOENT, /modprobe tun/],
      [errno.EPERM, /device cgroup/],
    ] as const) {
      setFaultHook((syscall) => (syscall === 'open' ? cause : 0));
      assert.throws(() => openTun({ name: 'never', memory }), advice);
    }
    setFaultHook((_, { operation }) => (operation === 'TUNSETIFF' ? errno.EPERM : 0));
    assert.throws(() => openTun({ name: 'never', memory }), /CAP_NET_ADMIN/);
    setFaultHook(undefined);
  });

  it('survives any errno of a read or write: the packet is lost, nothing is thrown', () => {
    const vector = newVector(2);
    fill(memory, vector, [new Uint8Array(40)]);
    setFaultHook(() => errno.EIO);
    assert.equal(tun.write(vector), 0);
    assert.equal(vector.errnos[0], errno.EIO);
    assert.equal(tun.read(vector), 0);
    assert.equal(tun.readErrno, errno.EIO);
    setFaultHook(undefined);
  });

  it('answers EBADFD once its interface is deleted', () => {
    const other = openTun({ name: 'gone', memory });
    netlink.deleteLink(other.index);
    assert.equal(other.read(newVector(1)), 0);
    assert.equal(other.readErrno, errno.EBADFD);
    other.close();
  });

  it('vanishes when closed, unless it is persistent', () => {
    openTun({ name: 'short', memory }).close();
    openTun({ name: 'lasting', memory, lifetime: 'persistent', owner: 65532 }).close();
    const names = run('ip -j link').matchAll(/"ifname":"([^"]+)"/g);
    assert.deepEqual(
      [...names].map(([, name]) => name).filter((name) => name === 'short' || name === 'lasting'),
      ['lasting'],
    );
    openTun({ name: 'lasting', memory, lifetime: 'descriptor' }).close();
    assert.ok(!run('ip -j link').includes('lasting'));
  });

  it('opens several queues, and one with a virtio header and offloads', () => {
    const queues = [1, 2].map(() => openTun({ name: 'queues', memory, multiQueue: true }));
    const offloads = openTun({ name: 'virtio', memory, virtioNetHeader: { offloads: ['csum', 'tso4'] } });
    assert.equal(new Set([...queues, offloads].map(({ fd }) => fd)).size, 3);
    for (const each of [...queues, offloads]) each.close();
  });
});
