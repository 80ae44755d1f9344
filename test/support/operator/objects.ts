// Objects as the API server would show them, defaults applied.

import { readDocuments } from '../../../src/api/documents.ts';
import { apiVersion } from '../../../src/api/names.ts';
import { validate } from '../../../src/api/validate.ts';
import type { NodeObject, PodObject, VpnServerObject, VpnUserObject } from '../../../src/operator/objects.ts';
import { vpnServer, vpnUser } from './operator-documents.ts';

const meta = (name: string) => ({ uid: `uid-of-${name}`, resourceVersion: '1', generation: 1 });

export function serverObject(name: string, spec: object = {}): VpnServerObject {
  const { servers, faults } = validate(
    readDocuments('test', JSON.stringify(vpnServer(name, spec))).documents,
  );
  if (servers[0] === undefined) throw new Error(JSON.stringify(faults));
  return {
    apiVersion,
    kind: 'VpnServer',
    ...servers[0],
    metadata: { ...servers[0].metadata, ...meta(name) },
  };
}

export function userObject(name: string, spec: object = {}): VpnUserObject {
  const { users, faults } = validate(readDocuments('test', JSON.stringify(vpnUser(name, spec))).documents);
  if (users[0] === undefined) throw new Error(JSON.stringify(faults));
  return { apiVersion, kind: 'VpnUser', ...users[0], metadata: { ...users[0].metadata, ...meta(name) } };
}

export function nodeObject(
  name: string,
  labels: Record<string, string> = {},
  more: Partial<NodeObject> = {},
): NodeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/os': 'linux', ...labels } },
    ...more,
  };
}

export function podObject(node: string, status: PodObject['status'] = {}): PodObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'vpn', name: `gateway-${node}`, uid: `uid-of-${node}` },
    spec: { nodeName: node },
    status,
  };
}
