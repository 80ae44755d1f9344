// A ValidatingAdmissionPolicy that refuses nothing: kubectl shows its messages as warnings when a VpnServer is
// applied whose choices are allowed but unwise.

import { formatPath } from '../../src/api/fault.ts';
import { apiGroup, apiVersionName, vpnServerNames } from '../../src/api/names.ts';
import { serverWarnings } from '../../src/api/warnings.ts';
import { celMessage } from './structural-schema.ts';

const name = `weak-encryption.${apiGroup}`;

const policy = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name },
  spec: {
    // A warning that cannot be computed must not stand in anyone's way.
    failurePolicy: 'Ignore',
    matchConstraints: {
      resourceRules: [
        {
          apiGroups: [apiGroup],
          apiVersions: [apiVersionName],
          operations: ['CREATE', 'UPDATE'],
          resources: [vpnServerNames.plural],
        },
      ],
    },
    validations: serverWarnings.map(({ path, rule, celValue, what, fix }) => ({
      expression: rule,
      message: `${formatPath(path)}: ${what}: ${fix}`,
      messageExpression: celMessage(`${formatPath(path)}: ${what}`, celValue, fix),
    })),
  },
};

const binding = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicyBinding',
  metadata: { name },
  spec: { policyName: name, validationActions: ['Warn'] },
};

export const weakEncryptionPolicy = [policy, binding];
