// docs/api.md: every field of both kinds, with type, bounds and default, and what is refused or warned of.

import { serverConditions, userConditions } from '../../src/api/condition.ts';
import { formatPath } from '../../src/api/fault.ts';
import { userReasons } from '../../src/api/finding.ts';
import { apiCategory, apiVersion } from '../../src/api/names.ts';
import { eventReasons, serverConditionReasons } from '../../src/api/reasons.ts';
import { serverWarnings } from '../../src/api/warnings.ts';
import { type KindDefinition, vpnServerDefinition, vpnUserDefinition } from './custom-resources.ts';
import { type StructuralSchema, validation } from './structural-schema.ts';

export function apiReference(): string {
  const parts = [
    '<!-- Generated from src/api by `npm run generate`. Edit the schema there, not this file. -->',
    '# API reference',
    `Both kinds are namespaced and belong to \`${apiVersion}\`. \`kubectl get ${apiCategory}\` lists them together.`,
    'The same rules hold for files (`vpn-operator check` and `local`) and for a cluster, where the API server applies them. ' +
      'Objects that only another object makes wrong are accepted, and say so in their conditions.',
    kindSection(vpnServerDefinition),
    table(['Condition', 'Meaning when True'], Object.entries(serverConditions).map(code)),
    'Reasons:',
    table(['Condition', 'Reason', 'Meaning'], Object.entries(serverConditionReasons).flatMap(reasonRows)),
    '### Choices that are warned of',
    'They are allowed. `vpn-operator check` warns of them, and so does `kubectl apply`, by a ValidatingAdmissionPolicy ' +
      'that refuses nothing.',
    table(
      ['Field', 'Warning', 'Better'],
      serverWarnings.map(({ path, what, fix }) => [`\`${formatPath(path)}\``, what, fix]),
    ),
    kindSection(vpnUserDefinition),
    table(['Condition', 'Meaning when True'], Object.entries(userConditions).map(code)),
    'Reasons of the condition Ready:',
    table(['Reason', 'Meaning'], Object.entries(userReasons).map(code)),
    secretSection,
    eventSection(),
  ];
  return `${parts.join('\n\n')}\n`;
}

const secretSection = `## Secret

The password of a VpnUser is in a Secret of the user's own namespace, in the key that \`spec.passwordSecretRef.key\`
names (\`password\` unless set). It is UTF-8 text of 1 to 256 characters without control characters; it is hashed as it
stands, without Unicode normalisation, as Windows does. The key \`ntHash\` may hold the NT hash instead, as 32 hex
digits; it is as good as the password to anyone who gets it. When both are there, the key that is named counts.`;

const eventSection = () =>
  [
    '## Events',
    'The operator writes events.k8s.io Events; `kubectl describe` shows them. A condition that becomes True or False, or changes ' +
      "its reason, is told with that reason as the Event's, apart from WeakProtocol and good news of PathMTU. Besides:",
    table(['Reason', 'Meaning'], Object.entries(eventReasons).map(code)),
    'Those about one client are on its VpnUser, or on the VpnServer when nobody can be named. A repetition within six minutes ' +
      'counts up the series of the first. They are rationed: 25 about one object, then one in five minutes.',
  ].join('\n\n');

function reasonRows([type, reasons]: [string, Record<string, string>]): string[][] {
  return Object.entries(reasons).map(([reason, meaning]) => [`\`${type}\``, `\`${reason}\``, meaning]);
}

const code = ([name, text]: readonly [string, string]) => [`\`${name}\``, text];

function kindSection({ names, description, spec, status, rules, columns }: KindDefinition): string {
  return [
    `## ${names.kind}`,
    description,
    `Short name: \`${names.shortName}\`. Columns of \`kubectl get ${names.shortName}\`: ` +
      `${columns
        .filter(({ priority }) => priority === undefined)
        .map(({ name }) => name.toUpperCase())
        .join(', ')}.`,
    '### Spec',
    fieldTable(spec, 'spec'),
    '### What is refused',
    'Besides wrong types and values out of bounds:',
    refusalTable([
      ...rules.map((rule) => ({ path: (rule.fieldPath ?? '').slice(1), message: validation(rule).message })),
      ...refusals(spec, 'spec'),
    ]),
    '### Status',
    fieldTable(status, 'status'),
  ].join('\n\n');
}

interface Refusal {
  readonly path: string;
  readonly message: string;
}

/** One row for each message: the same rule stands on every range, address and duration. */
function refusalTable(all: readonly Refusal[]): string {
  const groups = Map.groupBy(all, ({ message }) => message);
  return table(
    ['When it', 'Fix', 'Where'],
    [...groups].map(([message, places]) => {
      const [what, fix] = split(message);
      return [what, fix, [...new Set(places.map(({ path }) => `\`${path}\``))].join(', ')];
    }),
  );
}

function split(message: string): [string, string] {
  const at = message.indexOf(': ');
  return [message.slice(0, at), message.slice(at + 2)];
}

function fieldTable(schema: StructuralSchema, path: string): string {
  return table(['Field', 'Type', 'Default', 'Description'], rows(schema, path));
}

function rows(schema: StructuralSchema, path: string): string[][] {
  const required = (schema['required'] as string[] | undefined) ?? [];
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const own = `${path}.${name}`;
    const below = child.items?.properties ? rows(child.items, `${own}[]`) : rows(child, own);
    return [
      [`\`${own}\``, typeOf(child), defaultOf(child, required.includes(name)), String(child['description'])],
      ...below,
    ];
  });
}

function typeOf(schema: StructuralSchema): string {
  if (schema['x-kubernetes-int-or-string']) return 'amount';
  if (schema.items)
    return `list of ${typeOf(schema.items)}${bounds(schema['minItems'], schema['maxItems'], ' items')}`;
  if (schema.additionalProperties) return `map to ${typeOf(schema.additionalProperties)}`;
  const choices = schema['enum'] as unknown[] | undefined;
  if (choices) return choices.map((choice) => `\`${choice}\``).join(', ');
  if (schema['format'] === 'date-time') return 'time';
  return `${schema['type']}${bounds(schema['minimum'], schema['maximum'], '')}`;
}

function bounds(least: unknown, most: unknown, unit: string): string {
  if (least === undefined && most === undefined) return '';
  if (least === undefined) return `, at most ${most}${unit}`;
  return most === undefined ? `, at least ${least}${unit}` : `, ${least} to ${most}${unit}`;
}

function defaultOf(schema: StructuralSchema, required: boolean): string {
  if (required) return 'required';
  const value = schema['default'];
  return value === undefined || (schema.properties && Object.keys(value as object).length === 0)
    ? ''
    : `\`${JSON.stringify(value)}\``;
}

function refusals(schema: StructuralSchema, path: string): Refusal[] {
  const own = (schema['x-kubernetes-validations'] ?? []).map(({ message, fieldPath = '' }) => ({
    path: `${path}${fieldPath}`,
    message,
  }));
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    refusals(child, `${path}.${name}`),
  );
  return [...own, ...below, ...(schema.items ? refusals(schema.items, `${path}[]`) : [])];
}

function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n');
}
