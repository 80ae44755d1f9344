// What the operator reports about a VpnUser.

import { type Static, Type } from 'typebox';
import { conditions, observedGeneration } from './condition.ts';
import { text } from './schema.ts';
import { timeText } from './schema-texts.ts';

const from = text({ description: 'The address that the client dialled from.', maxLength: 45 });

export const vpnUserStatus = Type.Object(
  {
    observedGeneration: Type.Optional(observedGeneration),
    username: Type.Optional(text({ description: 'The name that the client must send.', maxLength: 256 })),
    sessions: Type.Optional(
      Type.Integer({
        format: 'int32',
        minimum: 0,
        description: 'How many sessions the user has on all nodes.',
      }),
    ),
    tunnelMTU: Type.Optional(
      Type.Integer({
        format: 'int32',
        minimum: 0,
        description:
          'The largest packet inside the tunnel, in bytes; of the narrowest, with several sessions.',
      }),
    ),
    pathMTU: Type.Optional(
      Type.Integer({
        format: 'int32',
        minimum: 0,
        description: 'The largest packet that the path to the client takes, in bytes.',
      }),
    ),
    lastSeen: Type.Optional(
      Type.Object(
        { time: timeText('When a session last began or ended.'), from },
        { description: 'The last time the user was logged in.' },
      ),
    ),
    lastFailure: Type.Optional(
      Type.Object(
        {
          time: timeText('When it was.'),
          reason: text({ description: 'Why, in one word for programs.', maxLength: 128 }),
          message: text({ description: 'Why, in one sentence for people.', maxLength: 1024 }),
          from,
        },
        { description: 'The last login that failed.' },
      ),
    ),
    conditions: Type.Optional(conditions),
  },
  { description: 'What the operator last saw.' },
);

export type VpnUserStatus = Static<typeof vpnUserStatus>;
