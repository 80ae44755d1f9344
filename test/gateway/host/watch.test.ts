// What becomes of a gateway whose TUN is deleted behind its back while it waits for packets.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openGreSocket } from 'node-tun';
import { run, skip } from '../../../packages/node-tun/test/support/namespace.ts';
import { watch } from '../../../src/gateway/host/watch.ts';
import { makeOffice, memory, openNetlink, openNetwork, tun } from './support.ts';

describe('the watch over TUN and GRE', { skip }, () => {
  if (skip) return;
  const office = makeOffice();
  const netlink = openNetlink();
  const gre = openGreSocket({ memory });
  const network = openNetwork(netlink);
  after(() => {
    gre.close();
    network.close();
    netlink.close();
    office.close();
  });

  it('makes a deleted TUN again, and once a second while the kernel refuses', async () => {
    let refusals = 1;
    let attempts = 0;
    const door = watch({
      gre,
      tunFd: () => network.tun.fd,
      remakeTun: () => {
        attempts++;
        if (refusals-- > 0) throw new Error('refused');
        network.remakeTun();
      },
      ready: () => undefined,
      keep: () => undefined,
    });
    run(`ip link del ${tun}`);
    await sleep(300);
    assert.equal(attempts, 1);
    await sleep(1200);
    assert.equal(attempts, 2);
    assert.match(run(`ip link show ${tun}`), /UP/);
    door.close();
  });

  it('keeps a closed TUN from reading what now has its number', () => {
    const closed = network.tun;
    network.remakeTun();
    assert.equal(closed.fd, -1);
  });
});
