// The kinds of documents that files may hold, each with the schema of the whole document.

import { type TSchema, Type } from 'typebox';
import { apiVersion } from './names.ts';
import { dictionaryOf, judgedBy, text, valueRule } from './schema.ts';
import { type SchemaNode, schemaNode } from './schema-node.ts';
import { namespaceText, objectNameText } from './schema-texts.ts';
import { vpnServerSpec } from './vpn-server.ts';
import { nameLeavesRoom } from './vpn-server-rules.ts';
import { vpnUserSpec } from './vpn-user.ts';
import { nameLeavesRoomForSecret } from './vpn-user-rules.ts';

export interface DocumentKind {
  readonly apiVersion: string;
  readonly schema: SchemaNode;
}

/** What Kubernetes adds to the metadata of an exported object is none of our business. */
const metadata = Type.Object(
  {
    name: objectNameText('The name of the object.'),
    namespace: Type.Optional(namespaceText('The namespace of the object; default when absent.')),
  },
  { description: 'Name and namespace.', 'x-kubernetes-preserve-unknown-fields': true },
);

const envelope = {
  apiVersion: text({ description: 'The version of the kind.', maxLength: 253 }),
  kind: text({ description: 'The kind of the object.', maxLength: 63 }),
  metadata,
};

const exportedStatus = Type.Optional(Type.Object({}, { 'x-kubernetes-preserve-unknown-fields': true }));

function ours(spec: TSchema, ...rules: Parameters<typeof judgedBy>): SchemaNode {
  return schemaNode(Type.Object({ ...envelope, spec, status: exportedStatus }, judgedBy(...rules)));
}

const isBase64 = valueRule<string>(
  { rule: '', what: 'is not base64', fix: 'write the plain text under stringData instead of data' },
  (self) => /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(self.replace(/\s/g, '')),
);

const LargestSecret = 2 ** 20;

/** Confidential as a whole: no message shows a value from it. */
const secret = schemaNode(
  Type.Object(
    {
      ...envelope,
      type: Type.Optional(text({ description: 'The type of the Secret.', maxLength: 253 })),
      immutable: Type.Optional(Type.Boolean({ description: 'The Secret cannot be changed.' })),
      data: Type.Optional(
        dictionaryOf<string>(
          text({ description: 'In base64.', maxLength: LargestSecret * 2, ...judgedBy(isBase64) }),
          {
            description: 'Values in base64.',
            maxProperties: 1000,
          },
        ),
      ),
      stringData: Type.Optional(
        dictionaryOf<string>(text({ description: 'As plain text.', maxLength: LargestSecret }), {
          description: 'Values as plain text.',
          maxProperties: 1000,
        }),
      ),
    },
    { 'x-confidential': true },
  ),
);

export const documentKinds: Readonly<Record<string, DocumentKind>> = {
  VpnServer: { apiVersion, schema: ours(vpnServerSpec, nameLeavesRoom) },
  VpnUser: { apiVersion, schema: ours(vpnUserSpec, nameLeavesRoomForSecret) },
  Secret: { apiVersion: 'v1', schema: secret },
};
