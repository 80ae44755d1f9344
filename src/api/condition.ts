// Conditions as every Kubernetes tool expects them, and which ones our kinds have.

import { type Static, Type } from 'typebox';
import { mapOf, oneOf, text } from './schema.ts';
import { timeText } from './schema-texts.ts';

const generation = (description: string) => Type.Integer({ format: 'int64', minimum: 0, description });

export const observedGeneration = generation('The generation of the spec that this status speaks of.');

const condition = Type.Object(
  {
    type: text({ description: 'What the condition is about.', maxLength: 316 }),
    status: oneOf(['True', 'False', 'Unknown'], { description: 'Whether it holds.' }),
    reason: text({ description: 'Why, in one word for programs.', minLength: 1, maxLength: 128 }),
    message: text({ description: 'Why, in one sentence for people, with the fix.', maxLength: 32768 }),
    lastTransitionTime: timeText('When status last changed.'),
    observedGeneration: Type.Optional(
      generation('The generation of the spec that this condition speaks of.'),
    ),
  },
  { description: 'One condition.' },
);

export type Condition = Static<typeof condition>;

export const conditions = mapOf(['type'], condition, {
  description: 'What holds and what does not; each type at most once.',
  maxItems: 16,
});

/** What each type of condition says, for the reference. */
export const serverConditions = {
  Ready: 'Every node that should have a gateway has one that takes calls.',
  UsersSynced: 'Every gateway has loaded the current users and configuration.',
  PathMTU: 'Packets of the size that clients were told get through to them.',
  WeakProtocol: 'Always True: PPTP is broken, and this is the reminder.',
} as const;

export type ServerConditionType = keyof typeof serverConditions;

export const userConditions = { Ready: 'The user can log in.' } as const;
