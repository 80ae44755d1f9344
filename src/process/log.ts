// The log: one JSON line per event on standard output, or one readable line on a terminal. Names of secret fields
// and raw bytes are redacted wherever they stand. Text that a peer sent goes through printable() first.
import pino from 'pino';
import pretty from 'pino-pretty';

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];
export type Log = pino.Logger;

export interface LogOptions {
  /** From --log-level; else LOG_LEVEL; else info. */
  level?: LogLevel;
  /** 'pretty' is the default on a terminal. */
  format?: 'json' | 'pretty';
  /** Where the lines go instead of standard output. */
  destination?: { write(line: string): void };
}

/** Bytes the log may hold back while its reader is slow; what comes beyond is dropped, the data path never waits. */
const maximumBacklog = 1024 * 1024;

const secretNames = [
  ...[
    'password',
    'passwd',
    'passphrase',
    'hash',
    'ntHash',
    'ntPasswordHash',
    'secret',
    'token',
    'authorization',
  ],
  ...['cookie', 'startKey', 'masterKey', 'sessionKey', 'sendKey', 'receiveKey', 'privateKey'],
];
const isSecretName = new RegExp(`^(${secretNames.join('|')})s?$`, 'i');

/** @throws {Error} when LOG_LEVEL names no level. */
export function createLog(options: LogOptions = {}): Log {
  const format = options.format ?? (process.stdout.isTTY ? 'pretty' : 'json');
  return pino(
    {
      level: options.level ?? levelFromEnvironment(),
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (event) => scrub(event, 0) as Record<string, unknown>,
      },
      // The formatter above does not see what a child logger is bound to; this does.
      redact: { paths: secretNames, censor: '[redacted]' },
      serializers: { err: (scrubbed: unknown) => scrubbed },
      hooks: { streamWrite: format === 'pretty' ? escapeTwice : escapeNonAscii },
    },
    format === 'pretty' ? prettyDestination(options) : (options.destination ?? standardOutput()),
  );
}

/**
 * A peer's text, safe to show anywhere: printable ASCII as it is, everything else (and the backslash) as an escape,
 * at most 64 characters. What was cut off shows as "...".
 */
export function printable(text: string): string {
  const limit = 64;
  let shown = '';
  for (const character of text) {
    const next = escapeCharacter(character);
    if (shown.length + next.length > limit) return `${shown.slice(0, cutBefore(shown, limit - 3))}...`;
    shown += next;
  }
  return shown;
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (character === '\\') return '\\\\';
  if (code >= 0x20 && code <= 0x7e) return character;
  return code <= 0xff ? `\\x${hex(code, 2)}` : `\\u{${code.toString(16)}}`;
}

/** The last place at or before `end` that does not fall inside an escape. */
function cutBefore(shown: string, end: number): number {
  let place = 0;
  for (const piece of shown.match(/\\u\{[0-9a-f]+\}|\\x..|\\\\|[^\\]/g) ?? []) {
    if (place + piece.length > end) break;
    place += piece.length;
  }
  return place;
}

function levelFromEnvironment(): LogLevel {
  const asked = process.env['LOG_LEVEL'];
  if (asked === undefined || asked === '') return 'info';
  const level = logLevels.find((name) => name === asked.toLowerCase());
  if (level === undefined) {
    throw new Error(`LOG_LEVEL: "${printable(asked)}" is not a level; use one of ${logLevels.join(', ')}`);
  }
  return level;
}

function standardOutput(): pino.DestinationStream {
  return pino.destination({ fd: 1, sync: false, maxLength: maximumBacklog });
}

function prettyDestination(options: LogOptions): pino.DestinationStream {
  const settings = {
    colorize: options.destination === undefined,
    singleLine: true,
    translateTime: 'HH:MM:ss.l',
  };
  if (options.destination === undefined) return pretty({ ...settings, sync: true });
  const target = options.destination;
  const format = pretty.prettyFactory(settings);
  return { write: (line) => target.write(format(line)) };
}

/** JSON escapes control characters itself; this does the same for what a terminal or a viewer could reorder. */
function escapeNonAscii(line: string): string {
  return line.replace(/[^\n\x20-\x7e]/g, (unit) => `\\u${hex(unit.charCodeAt(0), 4)}`);
}

/** The pretty printer decodes JSON: escape once more, so that it shows "\n" instead of beginning a new line. */
function escapeTwice(line: string): string {
  return escapeNonAscii(line).replace(/\\(.)/g, (pair, kind: string) =>
    '"\\/'.includes(kind) ? pair : `\\${pair}`,
  );
}

function scrub(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (depth > 6) return '[...]';
  if (value instanceof Error) return scrubError(value);
  if (Array.isArray(value)) return value.map((item) => scrub(item, depth + 1));
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function')
    return (value as { toJSON(): unknown }).toJSON();
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      isSecretName.test(name) ? '[redacted]' : scrub(item, depth + 1),
    ]),
  );
}

function scrubError(error: Error): Record<string, unknown> {
  const code = (error as NodeJS.ErrnoException).code;
  return {
    type: error.name,
    message: error.message,
    ...(code === undefined ? {} : { code }),
    stack: error.stack,
  };
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}
