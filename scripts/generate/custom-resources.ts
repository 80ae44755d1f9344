// The two CustomResourceDefinitions: names, columns and subresources around the schemas.

import {
  apiCategory,
  apiGroup,
  apiVersionName,
  type KindNames,
  vpnServerNames,
  vpnUserNames,
} from '../../src/api/names.ts';
import type { Rule } from '../../src/api/schema.ts';
import { schemaNode } from '../../src/api/schema-node.ts';
import { vpnServerSpec } from '../../src/api/vpn-server.ts';
import { nameLeavesRoom } from '../../src/api/vpn-server-rules.ts';
import { vpnServerStatus } from '../../src/api/vpn-server-status.ts';
import { vpnUserSpec } from '../../src/api/vpn-user.ts';
import { nameLeavesRoomForSecret, usernameStays } from '../../src/api/vpn-user-rules.ts';
import { vpnUserStatus } from '../../src/api/vpn-user-status.ts';
import { type StructuralSchema, structuralSchema, validation } from './structural-schema.ts';

export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly description: string;
  readonly jsonPath: string;
  /** 1: only with `kubectl get -o wide`. */
  readonly priority?: 1;
}

export interface KindDefinition {
  readonly names: KindNames;
  readonly description: string;
  readonly spec: StructuralSchema;
  readonly status: StructuralSchema;
  readonly rules: readonly Rule[];
  readonly columns: readonly Column[];
  readonly selectableFields: readonly string[];
}

const condition = (type: string, field: 'status' | 'reason' | 'message') =>
  `.status.conditions[?(@.type=="${type}")].${field}`;

const age: Column = {
  name: 'Age',
  type: 'date',
  description: 'When the object was made.',
  jsonPath: '.metadata.creationTimestamp',
};

export const vpnServerDefinition: KindDefinition = {
  names: vpnServerNames,
  description:
    'A PPTP server on some nodes of the cluster. PPTP is broken: anyone who can record the traffic can read all of it ' +
    'within about a day, whatever the password, and can then log in as the user. Use it only where the path is trusted ' +
    'or the data needs no secrecy, for devices that speak nothing else.',
  spec: structuralSchema(schemaNode(vpnServerSpec)),
  status: structuralSchema(schemaNode(vpnServerStatus)),
  rules: [nameLeavesRoom],
  selectableFields: [],
  columns: [
    {
      name: 'Ready',
      type: 'string',
      description: 'All gateways take calls.',
      jsonPath: condition('Ready', 'status'),
    },
    {
      name: 'Nodes',
      type: 'string',
      description: 'Ready and desired nodes.',
      jsonPath: '.status.summary.nodes',
    },
    {
      name: 'Sessions',
      type: 'integer',
      description: 'Sessions on all nodes.',
      jsonPath: '.status.sessions',
    },
    {
      name: 'Addresses',
      type: 'string',
      description: 'Used and total addresses.',
      jsonPath: '.status.summary.addresses',
    },
    {
      name: 'MTU',
      type: 'string',
      description: 'The tunnel MTU of the sessions, smallest and largest.',
      jsonPath: '.status.summary.mtu',
    },
    {
      name: 'Encryption',
      type: 'string',
      description: 'The encryption policy.',
      jsonPath: '.spec.encryption.policy',
      priority: 1,
    },
    {
      name: 'MTU-Mode',
      type: 'string',
      description: 'Whether the MTU is found or fixed.',
      jsonPath: '.spec.mtu.mode',
      priority: 1,
    },
    {
      name: 'Reason',
      type: 'string',
      description: 'Why it is not ready.',
      jsonPath: condition('Ready', 'reason'),
      priority: 1,
    },
    age,
  ],
};

export const vpnUserDefinition: KindDefinition = {
  names: vpnUserNames,
  description: 'One person or device that may log in to a VpnServer.',
  spec: structuralSchema(schemaNode(vpnUserSpec)),
  status: structuralSchema(schemaNode(vpnUserStatus)),
  rules: [nameLeavesRoomForSecret, usernameStays],
  selectableFields: ['.spec.serverRef.name'],
  columns: [
    { name: 'Server', type: 'string', description: 'The VpnServer.', jsonPath: '.spec.serverRef.name' },
    {
      name: 'Username',
      type: 'string',
      description: 'The name that the client sends.',
      jsonPath: '.status.username',
    },
    {
      name: 'Ready',
      type: 'string',
      description: 'The user can log in.',
      jsonPath: condition('Ready', 'status'),
    },
    {
      name: 'Reason',
      type: 'string',
      description: 'Why, or why not.',
      jsonPath: condition('Ready', 'reason'),
    },
    {
      name: 'Sessions',
      type: 'integer',
      description: 'Sessions on all nodes.',
      jsonPath: '.status.sessions',
    },
    {
      name: 'Last-Seen',
      type: 'date',
      description: 'When a session last began or ended.',
      jsonPath: '.status.lastSeen.time',
    },
    {
      name: 'MTU',
      type: 'integer',
      description: 'The tunnel MTU of the session.',
      jsonPath: '.status.tunnelMTU',
    },
    {
      name: 'Message',
      type: 'string',
      description: 'What to do.',
      jsonPath: condition('Ready', 'message'),
      priority: 1,
    },
    age,
  ],
};

export const customResources = [vpnServerDefinition, vpnUserDefinition].map(customResource);

function customResource(definition: KindDefinition) {
  const { names, columns, selectableFields } = definition;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${names.plural}.${apiGroup}` },
    spec: {
      group: apiGroup,
      scope: 'Namespaced',
      names: {
        kind: names.kind,
        listKind: `${names.kind}List`,
        plural: names.plural,
        singular: names.singular,
        shortNames: [names.shortName],
        categories: [apiCategory],
      },
      versions: [
        {
          name: apiVersionName,
          served: true,
          storage: true,
          subresources: { status: {} },
          ...(selectableFields.length > 0
            ? { selectableFields: selectableFields.map((jsonPath) => ({ jsonPath })) }
            : {}),
          additionalPrinterColumns: columns,
          schema: { openAPIV3Schema: rootSchema(definition) },
        },
      ],
    },
  };
}

function rootSchema({ description, spec, status, rules }: KindDefinition): StructuralSchema {
  return {
    type: 'object',
    description,
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string', description: 'The version of this kind.' },
      kind: { type: 'string', description: 'This kind.' },
      // The name is there so that a rule can point at it; nothing else may be said of metadata.
      metadata: { type: 'object', properties: { name: { type: 'string' } } },
      spec,
      status,
    },
    'x-kubernetes-validations': rules.map(validation),
  };
}
