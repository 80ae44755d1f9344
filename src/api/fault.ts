// A fault in what a user wrote, and how it is told: one line with the place, the field, the value and the fix.

export type Path = readonly (string | number)[];

export interface Fault {
  readonly file: string;
  /** Counted from 1; absent when the fault is the file itself. */
  readonly line?: number;
  /** The field, as `spec.addressPools[0].cidr`; absent when no field is meant. */
  readonly path?: string;
  readonly what: string;
  /** Already quoted. Never a secret. */
  readonly value?: string;
  readonly fix: string;
}

export function formatFault({ file, line, path, ...rest }: Fault): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return [place, ...(path ? [path] : []), describe(rest)].join(': ');
}

/** `what (value "…"): fix`, the common end of faults, conditions and the API server's messages. */
export function describe({ what, value, fix }: Pick<Fault, 'what' | 'value' | 'fix'>): string {
  return `${what}${value === undefined ? '' : ` (value ${value})`}: ${fix}`;
}

/** As kubectl writes it; keys that are no plain words stand in brackets. */
export function formatPath(path: Path): string {
  return path
    .map((part) => {
      if (typeof part === 'number') return `[${part}]`;
      return /^[A-Za-z_][\w-]*$/.test(part) ? `.${part}` : `[${quote(part)}]`;
    })
    .join('')
    .replace(/^\./, '');
}

const LongestQuote = 60;

/** Visible, on one line and short, whatever the value is; undefined for what is no scalar. */
export function quote(value: string | number | boolean): string;
export function quote(value: unknown): string | undefined;
export function quote(value: unknown): string | undefined {
  if (!['string', 'number', 'boolean'].includes(typeof value)) return undefined;
  const characters = [...String(value)];
  const cut = characters.length > LongestQuote ? [...characters.slice(0, LongestQuote), '…'] : characters;
  return `"${cut.map(visible).join('')}"`;
}

/** Control characters, line separators and those that turn the direction of writing would garble a terminal. */
function visible(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  return /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(character)
    ? `\\u{${character.codePointAt(0)?.toString(16)}}`
    : character;
}
