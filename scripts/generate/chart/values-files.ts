// values.yaml, values.schema.json and the README's table from the schema of the values.
import { stringify } from 'yaml';
import { chartValues, type ValueSchema, valueSchema } from './values.ts';

const origin = 'Generated from scripts/generate/chart/values.ts by `npm run generate`.';

/** Helm adds `global` to what it validates; every other value that nobody reads is refused. */
export function valuesSchemaJson(): string {
  const { properties, ...rest } = valueSchema(chartValues);
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'vpn-operator',
    ...rest,
    properties: { ...properties, global: { type: 'object', description: "Helm's own." } },
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

export function valuesYaml(): string {
  return `# ${origin}\n${entries(valueSchema(chartValues), '')}`;
}

function entries({ properties = {} }: ValueSchema, indent: string): string {
  return Object.entries(properties)
    .map(([name, schema]) => {
      const comment = wrap(schema.description ?? '', 110 - indent.length - 2)
        .map((line) => `${indent}# ${line}\n`)
        .join('');
      const gap = indent === '' ? '\n' : '';
      if (schema.properties !== undefined)
        return `${gap}${comment}${indent}${name}:\n${entries(schema, `${indent}  `)}`;
      return `${gap}${comment}${indented(stringify({ [name]: schema.default }), indent)}`;
    })
    .join('');
}

function indented(text: string, indent: string): string {
  return text.replaceAll(/^(?=.)/gm, indent);
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** One row a value, as `image.tag`. */
export function valuesTable(): string {
  const rows = leaves(valueSchema(chartValues), []).map(
    ([path, schema]) => `| \`${path}\` | ${schema.description} | \`${JSON.stringify(schema.default)}\` |`,
  );
  return ['| value | what it does | default |', '|---|---|---|', ...rows].join('\n');
}

function leaves({ properties = {} }: ValueSchema, path: readonly string[]): [string, ValueSchema][] {
  return Object.entries(properties).flatMap(([name, schema]): [string, ValueSchema][] =>
    schema.properties === undefined ? [[[...path, name].join('.'), schema]] : leaves(schema, [...path, name]),
  );
}
