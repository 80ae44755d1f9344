// What most tests of a running operator begin with.
import { FakeNode } from './fake-node.ts';
import { password, vpnServer, vpnUser } from './operator-documents.ts';
import type { OperatorLab } from './operator-lab.ts';

/** VpnServer office with the user alice, on a node that only exists on paper, once the status says that it is ready. */
export async function serveOffice(lab: OperatorLab): Promise<FakeNode> {
  await lab.apply(vpnServer('office'), vpnUser('alice'), password('alice', 'correct horse'));
  const node = new FakeNode(lab, 'office', 'node1', '127.0.1.1');
  try {
    await node.start();
    await lab.untilCondition('vpns', 'office', /^True GatewaysReady/);
  } catch (error) {
    node.close();
    throw error;
  }
  return node;
}
