import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { after, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  openGreSocket,
  openNetlink,
  openPoller,
  openTun,
  type Poller,
  type PollerOptions,
} from '../src/node-tun.ts';
import { enterNewNamespace, skip } from './support/namespace.ts';
import { address, enhancedGre, fill, ipv4Packet, newVector } from './support/packets.ts';

const memory = new ArrayBuffer(1 << 20);

describe('the poller', { skip }, () => {
  if (skip) return;
  enterNewNamespace();
  const tun = openTun({ name: 'tun-poll', memory });
  const gre = openGreSocket({ memory });
  const netlink = openNetlink();
  netlink.addAddress({ index: tun.index, address: address('10.1.0.1'), prefixLength: 24 });
  netlink.changeLink(tun.index, { state: 'up' });
  const descriptors = [gre.fd, tun.fd];
  const vector = newVector(16);
  while (tun.read(vector) > 0);
  const opened: Poller[] = [];
  const watch = (onReady: PollerOptions['onReady']): Poller => {
    const poller = openPoller({ descriptors, onReady });
    opened.push(poller);
    return poller;
  };
  after(() => {
    for (const poller of opened) poller.close();
    tun.close();
    gre.close();
    netlink.close();
  });
  const sendGre = (destination: string, size = 10) => {
    const payload = enhancedGre(1, new Uint8Array(size));
    fill(memory, vector, [ipv4Packet({ source: '127.0.0.1', destination, protocol: 47, payload })]);
    return gre.send(vector);
  };

  const until = async (isTrue: () => boolean) => {
    for (let i = 0; !isTrue() && i < 2000; i++) await delay(1);
  };

  it('tells which descriptor is readable, and runs what is promised in between', async () => {
    const seen: number[] = [];
    let promised = 0;
    const poller = watch((readable) => {
      seen.push(readable);
      if ((readable & 1) !== 0) while (gre.receive(vector) > 0);
      if ((readable & 2) !== 0) while (tun.read(vector) > 0);
      void Promise.resolve().then(() => promised++);
    });
    assert.equal(sendGre('127.0.0.1'), 1);
    await until(() => promised === 1);
    const socket = createSocket('udp4');
    socket.send('x', 9, '10.1.0.9');
    await until(() => promised === 2);
    assert.deepEqual(seen, [1, 2]);
    poller.close();
    socket.close();
  });

  it('calls again as long as something is left, and not when nothing is', async () => {
    let calls = 0;
    const poller = watch(() => {
      if (++calls === 3) gre.receive(vector);
    });
    sendGre('127.0.0.1');
    await until(() => calls === 3);
    await delay(20);
    assert.equal(calls, 3);
    poller.close();
  });

  it('reports a waiting error as such and goes on watching', async () => {
    const failures: number[] = [];
    const poller = watch((_, failed) => {
      if (failed !== 0) failures.push(failed, ...new Set(gre.receiveErrors().map((error) => error.mtu)));
    });
    for (const count of [2, 4]) {
      assert.equal(sendGre('10.1.0.9', 1600), 0);
      await until(() => failures.length === count);
    }
    assert.deepEqual(failures, [1, 1500, 1, 1500]);
    poller.close();
  });

  it('calls nobody after it was closed, and may be closed twice', async () => {
    let calls = 0;
    const poller = watch(() => calls++);
    sendGre('127.0.0.1');
    poller.close();
    poller.close();
    await delay(20);
    assert.equal(calls, 0);
  });

  it('keeps the process alive while open and lets it end at once when closed', () => {
    const script = `
      import { openNetlink, openPoller, openTun } from '${new URL('../src/node-tun.ts', import.meta.url)}';
      const tun = openTun({ name: 'tun-exit', memory: new ArrayBuffer(64) });
      const poller = openPoller({ descriptors: [tun.fd], onReady() {} });
      setTimeout(() => {
        poller.close();
        tun.close();
        const closed = Date.now();
        process.on('exit', () => console.log(Date.now() - closed));
      }, 100);`;
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    assert.equal(child.status, 0, child.stderr);
    assert.ok(Number(child.stdout) < 500, `${child.stdout} ms`);
  });
});
