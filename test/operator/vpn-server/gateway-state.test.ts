import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GatewayStatus } from '../../../src/api/gateway-status.ts';
import type { ContainerState } from '../../../src/operator/objects.ts';
import { type GatewayFacts, gatewayState } from '../../../src/operator/vpn-server/gateway-state.ts';
import { podObject } from '../../support/operator/objects.ts';

const running: ContainerState = { running: { startedAt: '2026-01-01T00:00:00Z' } };

interface Given {
  state?: ContainerState;
  lastState?: ContainerState;
  ready?: string;
  conditions?: { type: string; status: string; message?: string }[];
}

function facts(
  { state = running, lastState, ready = 'False', conditions = [] }: Given,
  more: Partial<GatewayFacts> = {},
): GatewayFacts {
  const container = { name: 'gateway', state, ...(lastState ? { lastState } : {}) };
  const pod = podObject('node1', {
    conditions: [{ type: 'Ready', status: ready }, ...conditions],
    containerStatuses: [container],
  });
  return { pod, report: undefined, unreachable: undefined, mountFailure: undefined, ...more };
}

const problem = (given: Given, more?: Partial<GatewayFacts>) => {
  const { problem: found } = gatewayState(facts(given, more));
  return `${found?.reason}: ${found?.message}`;
};
const report = (more: Partial<GatewayStatus>) =>
  ({ ready: false, problems: [], ...more }) as unknown as GatewayStatus;

describe('what keeps a gateway from taking calls', () => {
  it('is nothing when the pod and the gateway are ready, or only the pod has been asked yet', () => {
    assert.equal(gatewayState(facts({ ready: 'True' })).isReady, true);
    assert.equal(gatewayState(facts({ ready: 'True' }, { report: report({ ready: true }) })).isReady, true);
    assert.equal(gatewayState(facts({ ready: 'True' }, { report: report({ ready: false }) })).isReady, false);
  });

  it('is what the gateway itself says, before all else', () => {
    const problems = [{ reason: 'GreRefused', message: 'cannot open the raw GRE socket' }] as const;
    assert.equal(problem({}, { report: report({ problems }) }), 'GreRefused: cannot open the raw GRE socket');
  });

  it('is an image that cannot be pulled, with the fix', () => {
    const state = { waiting: { reason: 'ErrImagePull', message: 'rpc error\nnot found' } };
    assert.match(problem({ state }), /^ImagePullFailed: not found; correct --gateway-image/);
  });

  it('is a TUN device that is missing, whoever noticed', () => {
    const mountFailure = 'hostPath type check failed: /dev/net/tun is not a character device';
    assert.match(
      problem({ state: { waiting: { reason: 'ContainerCreating' } } }, { mountFailure }),
      /^TunMissing: .*modprobe tun/,
    );
    const state = {
      waiting: {
        reason: 'CreateContainerError',
        message: 'error gathering device information: "/dev/net/tun"',
      },
    };
    assert.match(problem({ state }), /^TunMissing/);
  });

  it('is another volume, or the container runtime, in their words', () => {
    const creating = { state: { waiting: { reason: 'ContainerCreating' } } };
    assert.match(
      problem(creating, { mountFailure: 'secret "x" not found' }),
      /^MountFailed: secret "x" not found$/,
    );
    const state = { waiting: { reason: 'RunContainerError', message: 'seccomp' } };
    assert.equal(problem({ state }), 'ContainerRefused: seccomp');
  });

  it('is why it ended, also while the kubelet waits to start it again', () => {
    const terminated = {
      reason: 'Error',
      exitCode: 1,
      message: 'HTTP address 192.0.2.1:9723: already taken\n',
    };
    assert.equal(
      problem({ state: { terminated } }),
      'GatewayFailed: HTTP address 192.0.2.1:9723: already taken',
    );
    const state = { waiting: { reason: 'CrashLoopBackOff' } };
    assert.match(problem({ state, lastState: { terminated } }), /^GatewayFailed: HTTP address/);
    assert.equal(
      problem({ state: { terminated: { reason: 'OOMKilled', exitCode: 137 } } }),
      'GatewayFailed: OOMKilled with code 137',
    );
  });

  it('is nothing to worry about when it ended in order, to start anew', () => {
    const terminated = { reason: 'Completed', exitCode: 0 };
    assert.match(problem({ state: { terminated } }), /^GatewayStarting: the gateway starts anew/);
    const state = { waiting: { reason: 'CrashLoopBackOff' } };
    assert.match(problem({ state, lastState: { terminated } }), /^GatewayStarting/);
  });

  it('is a pod that does not fit, or one that does not answer, or nothing but time', () => {
    const conditions = [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes are available' }];
    assert.equal(problem({ state: {}, conditions }), 'Unschedulable: 0/1 nodes are available');
    assert.equal(
      problem({}, { unreachable: 'http://… does not answer' }),
      'GatewayUnreachable: http://… does not answer',
    );
    assert.match(problem({}), /^GatewayStarting/);
  });

  it('knows the node of a pod that is not bound yet', () => {
    const values = ['node7'];
    const affinity = {
      nodeAffinity: { x: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values }] }] },
    };
    const pod = { ...podObject('x'), spec: { affinity } };
    assert.equal(gatewayState({ ...facts({}), pod }).node, 'node7');
  });
});
