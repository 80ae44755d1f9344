import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type OperatorCommandOptions, runOperator } from '../../src/cli/operator.ts';
import { UsageError } from '../../src/cli/usage-error.ts';

const usual: OperatorCommandOptions = {
  watchNamespace: [],
  gatewayImage: 'vpn-operator:dev',
  gatewayImagePullPolicy: 'IfNotPresent',
  gatewayImagePullSecret: [],
  reservedRange: [],
  httpAddress: '127.0.0.1:0',
  leaderElect: true,
};

describe('vpn-operator operator', () => {
  const wrong: [Partial<OperatorCommandOptions>, RegExp][] = [
    [{ gatewayImagePullPolicy: 'Sometimes' }, /^--gateway-image-pull-policy "Sometimes": use one of Always/],
    [{ gatewayImagePullSecret: ['Registry!'] }, /^--gateway-image-pull-secret "Registry!": write/],
    [{ watchNamespace: ['a,b'] }, /^--watch-namespace "a,b": write the name of one namespace, and repeat/],
    [{ watchNamespace: [''] }, /^--watch-namespace ""/],
    [{ reservedRange: ['10.96.0.0'] }, /^--reserved-range "10\.96\.0\.0": write an IPv4 range such as/],
  ];
  for (const [options, message] of wrong) {
    it(`refuses ${JSON.stringify(options)} before it does anything`, async () => {
      await assert.rejects(runOperator({ ...usual, ...options }), (error: Error) => {
        assert.ok(error instanceof UsageError);
        assert.match(error.message, message);
        return true;
      });
    });
  }
});
