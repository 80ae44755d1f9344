// What becomes of a gateway whose TUN is deleted behind its back while it waits for packets.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { openGreSocket } from 'node-tun';
import { run, skip } from '../../../packages/node-tun/test/support/namespace.ts';
import { watch } from '../../../src/gateway/host/watch.ts';
import { eventually } from '../../support/lab/commands.ts';
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
    const refused = 1;
    const attempts: number[] = [];
    const door = watch({
      gre,
      tunFd: () => network.tun.fd,
      remakeTun: () => {
        attempts.push(performance.now());
        if (attempts.length <= refused) throw new Error('refused');
        network.remakeTun();
      },
      ready: () => undefined,
      keep: () => undefined,
    });
    run(`ip link del ${tun}`);
    await eventually('the TUN made again', 10_000, () => (attempts.length > refused ? 'made' : undefined));
    const [first = 0, second = 0] = attempts;
    assert.equal(attempts.length, 2);
    assert.ok(second - first > 900, `${second - first} ms from one try to the next`);
    assert.match(run(`ip link show ${tun}`), /UP/);
    door.close();
  });

  it('keeps a closed TUN from reading what now has its number', () => {
    const closed = network.tun;
    network.remakeTun();
    assert.equal(closed.fd, -1);
  });
});
