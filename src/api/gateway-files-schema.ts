// What the files of a gateway may hold, judged by the same schema as a VpnServer. No value is ever shown: the users'
// hashes are as good as passwords.

import { Type } from 'typebox';
import { formatPath } from './fault.ts';
import { configFile } from './gateway-files.ts';
import { judge } from './judge.ts';
import { listOf, text } from './schema.ts';
import { type SchemaNode, schemaNode } from './schema-node.ts';
import { addressText, namespaceText, objectNameText, rangeText, timeText } from './schema-texts.ts';
import { vpnServerSpec } from './vpn-server.ts';

export interface GatewayFileFault {
  readonly file: string;
  readonly path: string;
  readonly what: string;
}

const MostItems = 1_000_000;
const ranges = (description: string) => listOf(rangeText('A range.'), { description, maxItems: MostItems });
const named = { namespace: namespaceText('Its namespace.'), name: objectNameText('Its name.') };

const configSchema = schemaNode(
  Type.Object(
    {
      formatVersion: Type.Integer({ description: 'Of these files.', minimum: 1, maximum: 1 }),
      server: Type.Object(named, { description: 'The VpnServer.' }),
      spec: vpnServerSpec,
      protectedDestinations: ranges('Closed to clients.'),
      slices: Type.Object(
        {},
        { description: 'Ranges by node.', 'x-kubernetes-preserve-unknown-fields': true },
      ),
      releasing: listOf(Type.Object({ cidr: rangeText('A range.'), node: objectNameText('A node.') }), {
        description: 'Ranges to hand over.',
        maxItems: MostItems,
      }),
      users: listOf(text({ description: 'A digest.', maxLength: 64, minLength: 64 }), {
        description: 'Digests of the users files.',
        maxItems: MostItems,
      }),
    },
    { 'x-confidential': true },
  ),
);

const userSchema: SchemaNode = schemaNode(
  Type.Object(
    {
      ...named,
      username: text({ description: 'What the client sends.', maxLength: 256, minLength: 1 }),
      ntHash: text({ description: '32 hex digits.', minLength: 32, maxLength: 32 }),
      octetsNtHash: Type.Optional(text({ description: '32 hex digits.', minLength: 32, maxLength: 32 })),
      address: Type.Optional(addressText('A fixed address.')),
      suspended: Type.Boolean({ description: 'May not enter.' }),
      expiresAt: Type.Optional(timeText('When it ends.')),
      maxSessions: Type.Integer({ description: 'At the same time.', minimum: 1 }),
      allowedDestinations: ranges('Reachable.'),
      allowedSources: ranges('May dial from.'),
    },
    { 'x-confidential': true },
  ),
);

export function judgeConfig(document: unknown): GatewayFileFault | undefined {
  return first(configFile, configSchema, document);
}

export function judgeUsers(file: string, content: unknown): GatewayFileFault | undefined {
  if (!Array.isArray(content)) return { file, path: '', what: 'is no list of users' };
  for (const [index, user] of content.entries()) {
    const fault = first(file, userSchema, user);
    if (fault) return { ...fault, path: `[${index}]${fault.path === '' ? '' : `.${fault.path}`}` };
  }
  return undefined;
}

function first(file: string, schema: SchemaNode, value: unknown): GatewayFileFault | undefined {
  const [judgement] = judge(schema, value);
  if (!judgement) return undefined;
  return { file, path: formatPath(judgement.path), what: judgement.what };
}
