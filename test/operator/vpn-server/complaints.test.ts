import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Cluster } from '../../../src/operator/kube/cluster.ts';
import type { DaemonSetObject } from '../../../src/operator/objects.ts';
import { Complaints } from '../../../src/operator/vpn-server/complaints.ts';
import { podObject } from '../../support/operator/objects.ts';
import { VirtualClock } from '../../support/operator/virtual-clock.ts';

function lab(...messages: string[]) {
  const asked: string[] = [];
  const list = async (_: unknown, { fieldSelector }: { fieldSelector: string }) => {
    asked.push(fieldSelector);
    return messages.map((message, index) => ({ message, lastTimestamp: `2026-01-01T00:00:0${index}Z` }));
  };
  const clock = new VirtualClock();
  return { asked, clock, complaints: new Complaints({ list } as unknown as Cluster, clock) };
}

const waiting = podObject('node1', {
  containerStatuses: [{ name: 'gateway', state: { waiting: { reason: 'ContainerCreating' } } }],
});
const daemonSet = (desiredNumberScheduled: number) =>
  ({
    metadata: { namespace: 'vpn', name: 'office-vpn-gateway', uid: 'uid-of-set' },
    status: { desiredNumberScheduled },
  }) as DaemonSetObject;

describe('the complaints of Kubernetes', () => {
  it('are asked for after five seconds of waiting, and the last one counts', async () => {
    const { asked, clock, complaints } = lab('first', 'last');
    assert.equal(await complaints.look('vpn/office', [waiting], daemonSet(1)), 5_000);
    assert.deepEqual(asked, []);
    clock.freeze(5_000);
    await complaints.look('vpn/office', [waiting], daemonSet(1));
    assert.deepEqual(asked, ['involvedObject.uid=uid-of-node1,reason=FailedMount']);
    assert.equal(complaints.messages.get('uid-of-node1'), 'last');
  });

  it('are asked for when a DaemonSet has fewer pods than it wants', async () => {
    const { asked, clock, complaints } = lab('Error creating: no');
    for (const _ of [1, 2]) {
      await complaints.look('vpn/office', [], daemonSet(2));
      clock.freeze(5_000);
    }
    assert.deepEqual(asked, ['involvedObject.uid=uid-of-set,reason=FailedCreate']);
    assert.equal(complaints.messages.get('uid-of-set'), 'Error creating: no');
  });

  it('are forgotten when nobody waits, or who waited is gone, and those of other servers stay', async () => {
    const { clock, complaints } = lab('no');
    for (const _ of [1, 2]) {
      await complaints.look('vpn/office', [], daemonSet(1));
      await complaints.look('vpn/home', [waiting], undefined);
      clock.freeze(5_000);
    }
    assert.equal(complaints.messages.size, 2);
    assert.equal(await complaints.look('vpn/home', [], undefined), undefined);
    assert.deepEqual([...complaints.messages.keys()], ['uid-of-set']);
    complaints.forgetServer('vpn/office');
    assert.equal(complaints.messages.size, 0);
  });
});
