import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gatewayState } from '../../../src/operator/vpn-server/gateway-state.ts';
import { readyCondition } from '../../../src/operator/vpn-server/ready-condition.ts';
import type { Reported } from '../../../src/operator/vpn-server/reported.ts';
import { nodeObject, podObject, serverObject } from '../../support/operator/objects.ts';

interface Given {
  /** Nodes whose gateway takes calls. */
  ready?: string[];
  desired?: number;
  refusal?: string;
  podRefusal?: string;
  nodes?: string[] | undefined;
  daemonSet?: object;
  spec?: object;
}

function ready(given: Given): string {
  const { desired = 2, refusal, podRefusal, daemonSet, spec } = given;
  const unknown = { report: undefined, unreachable: undefined, mountFailure: undefined };
  const gateways = (given.ready ?? []).map((node) =>
    gatewayState({ pod: podObject(node, { conditions: [{ type: 'Ready', status: 'True' }] }), ...unknown }),
  );
  const nodes = 'nodes' in given ? given.nodes?.map((name) => nodeObject(name)) : [nodeObject('node1')];
  const nodeNames = nodes?.map(({ metadata }) => metadata.name) ?? [];
  const server = serverObject('office', spec);
  const situation = { server, gateways, podRefusal, nodes, nodeNames, daemonSet };
  const decision = { conflicts: [], gateways: {} };
  const reported = { situation, decision, refusal, behind: [], now: 0 } as unknown as Reported;
  const { status, reason, message } = readyCondition(reported, desired);
  return `${status} ${reason}: ${message}`;
}

describe('the readiness of a server', () => {
  it('says in the words of Pod Security why there are no pods, and the command that lets them', () => {
    const violation = 'violates PodSecurity "restricted:latest": host namespaces (hostNetwork=true)';
    const podRefusal = `(combined from similar events): Error creating: pods "office-vpn-gateway-x7k2l" is forbidden: ${violation}`;
    assert.equal(
      ready({ podRefusal }),
      `False PodsRefused: 0 of 2 nodes take calls; no pod for 2 of them: ${violation}; let it: ` +
        'kubectl label namespace vpn pod-security.kubernetes.io/enforce=privileged; ' +
        'Kubernetes tries again every few minutes',
    );
    assert.match(
      ready({ podRefusal: 'Error creating: pods "x" is forbidden: no PriorityClass with name y was found' }),
      /no pod for 2 of them: no PriorityClass with name y was found; correct spec\.placement\.priorityClassName/,
    );
  });

  it('leaves room for the fix in an Event, however much Pod Security has to say', () => {
    const podRefusal = `Error creating: pods "x" is forbidden: violates PodSecurity ${'x'.repeat(2_000)}`;
    assert.ok(ready({ podRefusal }).length < 900);
    assert.match(ready({ podRefusal }), /x…; let it: kubectl label namespace vpn/);
  });

  it('does not speak of an old refusal when every pod is there', () => {
    assert.match(ready({ ready: ['node1'], desired: 1, podRefusal: 'Error creating: x' }), /^True/);
    assert.match(ready({}), /^False GatewayStarting: .*2 more pods are to be made/);
  });

  it('repeats what the API server has against an object, with the fix', () => {
    const refusal =
      'DaemonSet.apps "office-vpn-gateway" is invalid: …: must be less than or equal to memory limit';
    const told = ready({ refusal, ready: ['node1'], desired: 1 });
    assert.ok(told.startsWith(`False ObjectRefused: ${refusal}; correct spec.placement`), told);
  });

  it('blames no node before the DaemonSet controller has looked, where nodes cannot be seen', () => {
    const daemonSet = (observedGeneration?: number) => ({
      metadata: { generation: 1 },
      status: { desiredNumberScheduled: 0, observedGeneration },
    });
    const unseen = { nodes: undefined, desired: 0 };
    assert.match(ready(unseen), /^False GatewayStarting: the DaemonSet controller has yet to say/);
    assert.match(ready({ ...unseen, daemonSet: daemonSet() }), /^False GatewayStarting/);
    assert.match(ready({ ...unseen, daemonSet: daemonSet(1) }), /^False NoNodeMatches/);
    assert.match(ready({ nodes: [], desired: 0 }), /^False NoNodeMatches/);
  });
});
