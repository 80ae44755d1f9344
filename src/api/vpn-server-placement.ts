// Where a VpnServer's gateways run: the part of its spec that becomes part of a pod template.

import { Type } from 'typebox';
import { dictionaryOf, judgedBy, listOf, type Offender, oneOf, type Rule, text } from './schema.ts';

const anyKeyNeedsExists: Rule = {
  rule: "self.operator == 'Exists' ? !has(self.value) : has(self.key)",
  fieldPath: '.operator',
  value: 'self.operator',
  what: 'does not fit (Equal needs a key to compare, Exists compares no value)',
  fix: 'add key, or set operator: Exists and remove value',
  offenders(self: { operator?: string; key?: string; value?: string }): Offender[] {
    const { operator = 'Equal' } = self;
    const fits = operator === 'Exists' ? !('value' in self) : 'key' in self;
    return fits ? [] : [{ path: ['operator'], value: operator }];
  },
};

const toleration = Type.Object(
  {
    key: Type.Optional(
      text({ description: 'The taint key to tolerate; empty matches all keys.', maxLength: 316 }),
    ),
    operator: oneOf(['Exists', 'Equal'], {
      description: 'Exists ignores the value; Equal compares it.',
      default: 'Equal',
    }),
    value: Type.Optional(text({ description: 'The taint value to compare with.', maxLength: 63 })),
    effect: Type.Optional(
      oneOf(['NoSchedule', 'PreferNoSchedule', 'NoExecute'], {
        description: 'The effect of the taint; absent: all of them.',
      }),
    ),
    tolerationSeconds: Type.Optional(
      Type.Integer({
        format: 'int64',
        description: 'How long a NoExecute taint is tolerated; absent: for ever.',
      }),
    ),
  },
  { description: 'A taint that the gateways put up with.', ...judgedBy(anyKeyNeedsExists) },
);

const quantity = Type.Unsafe<string | number>({
  'x-kubernetes-int-or-string': true,
  pattern: '^[0-9]+([.][0-9]*)?([numkKMGTPE]|[KMGTPE]i)?$',
  description: 'An amount, such as 500m or 256Mi.',
});

function quantities(description: string) {
  return Type.Optional(dictionaryOf<string | number>(quantity, { description, maxProperties: 16 }));
}

export const placement = Type.Object(
  {
    nodeSelector: dictionaryOf<string>(text({ description: 'The value of the label.', maxLength: 63 }), {
      description: 'Only nodes with all these labels get a gateway. Empty: every Linux node.',
      maxProperties: 32,
      default: {},
    }),
    tolerations: listOf(toleration, {
      description: 'Taints that the gateways put up with.',
      maxItems: 32,
      default: [],
    }),
    priorityClassName: text({
      description: 'The priority class of the gateway pods. Empty: the default of the cluster.',
      maxLength: 253,
      default: '',
    }),
    resources: Type.Object(
      {
        limits: quantities('The most that a gateway may use.'),
        requests: quantities('What a gateway is promised.'),
      },
      {
        description: 'CPU and memory of each gateway. Empty: the values the operator ships with.',
        default: {},
      },
    ),
  },
  { description: 'Where the gateways run. Ignored outside a cluster.', default: {} },
);
