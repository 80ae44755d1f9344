// What the operator reports about a VpnServer. It comes from the gateways, which themselves hold no credential.

import { type Static, Type } from 'typebox';
import { conditions, observedGeneration } from './condition.ts';
import { mapOf, text } from './schema.ts';

const count = (description: string) => Type.Integer({ format: 'int32', minimum: 0, description });

const endpoint = Type.Object(
  {
    node: text({ description: 'The name of the node.', maxLength: 253 }),
    address: text({ description: 'An address that clients can dial.', maxLength: 45 }),
  },
  { description: 'Where clients can dial in.' },
);

export const vpnServerStatus = Type.Object(
  {
    observedGeneration: Type.Optional(observedGeneration),
    desiredNodes: Type.Optional(count('How many nodes should have a gateway.')),
    readyNodes: Type.Optional(count('How many nodes have a gateway that takes calls.')),
    sessions: Type.Optional(count('How many sessions there are on all nodes.')),
    addresses: Type.Optional(
      Type.Object(
        {
          total: count('How many addresses the pools have for clients.'),
          used: count('How many of them clients have.'),
        },
        { description: 'How full the pools are.' },
      ),
    ),
    endpoints: Type.Optional(
      mapOf(['node', 'address'], endpoint, { description: 'Where clients can dial in.', maxItems: 5000 }),
    ),
    summary: Type.Optional(
      Type.Object(
        {
          nodes: text({ description: 'readyNodes/desiredNodes.', maxLength: 32 }),
          addresses: text({ description: 'Used and total addresses, as used/total.', maxLength: 32 }),
          mtu: Type.Optional(
            text({
              description:
                'The tunnel MTU of all sessions in bytes, or the smallest and the largest, as 1410-1456.',
              maxLength: 32,
            }),
          ),
        },
        {
          description: 'Pairs of numbers as text, for the columns of kubectl: a column shows one field only.',
        },
      ),
    ),
    conditions: Type.Optional(conditions),
  },
  { description: 'What the operator last saw.' },
);

export type VpnServerStatus = Static<typeof vpnServerStatus>;
