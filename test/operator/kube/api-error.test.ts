import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiError, isRefused, lacksRight } from '../../../src/operator/kube/api-error.ts';

const error = (status: number, message: string) => new ApiError({ status, reason: '', message });

describe('an answer of the API server', () => {
  it('with 403 is a missing right only in the words of RBAC; else a quota or a policy refuses the object', () => {
    const rbac =
      'secrets is forbidden: User "system:serviceaccount:a:b" cannot create resource "secrets" in API group "" in the ' +
      'namespace "vpn"';
    const others = [
      'secrets "x" is forbidden: exceeded quota: q, requested: count/secrets=1, used: count/secrets=3, limited: 3',
      'admission webhook "policy.example.com" denied the request: no host network here',
      "daemonsets.apps \"x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no",
    ];
    assert.deepEqual([lacksRight(error(403, rbac)), isRefused(error(403, rbac))], [true, false]);
    for (const message of others)
      assert.deepEqual([lacksRight(error(403, message)), isRefused(error(403, message))], [false, true]);
  });

  it('with 422 or 400 is a refusal; a conflict, a server in trouble and silence are not', () => {
    assert.deepEqual(
      [422, 400, 409, 404, 429, 500, 0].map((status) => isRefused(error(status, ''))),
      [true, true, false, false, false, false, false],
    );
  });
});
