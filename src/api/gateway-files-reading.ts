// Reads what gateway-files.ts wrote, and believes nothing: a truncated, mixed or edited file is a fault, never a crash.

import type { GatewayConfig, GatewayUser } from './gateway-config.ts';
import { type ConfigDocument, configFile, digestOf, usersFile } from './gateway-files.ts';
import { type GatewayFileFault, judgeConfig, judgeUsers } from './gateway-files-schema.ts';

export type GatewayFilesResult =
  | { readonly kind: 'config'; readonly config: GatewayConfig; readonly hash: string }
  /** Some files are newer than others: the rest is on its way. */
  | { readonly kind: 'incomplete'; readonly message: string }
  | { readonly kind: 'fault'; readonly message: string };

/** @param read the text of a file, undefined when it is not there. @param node whose slice is meant. */
export function readGatewayFiles(
  read: (name: string) => string | undefined,
  node: string,
): GatewayFilesResult {
  const text = read(configFile);
  if (text === undefined) return { kind: 'incomplete', message: `${configFile} is not there yet` };
  const document = parse(text);
  const fault = document === undefined ? notJson(configFile) : judgeConfig(document);
  if (fault) return faulty(fault);
  const config = document as ConfigDocument;
  const users = readUsers(config, read);
  if ('kind' in users) return users;
  const { server, spec, protectedDestinations, slices } = config;
  const slice = Object.hasOwn(slices, node) ? (slices[node] ?? []) : [];
  return {
    kind: 'config',
    config: { server, spec, protectedDestinations, users: users.users, slice },
    hash: digestOf(text),
  };
}

function readUsers(
  config: ConfigDocument,
  read: (name: string) => string | undefined,
): { users: GatewayUser[] } | GatewayFilesResult {
  const users: GatewayUser[] = [];
  for (const [shard, digest] of config.users.entries()) {
    const name = usersFile(shard);
    const text = read(name);
    if (text === undefined || digestOf(text) !== digest) {
      return {
        kind: 'incomplete',
        message: `${name} does not belong to ${configFile}: one of the two is older`,
      };
    }
    const content = parse(text);
    const fault = content === undefined ? notJson(name) : judgeUsers(name, content);
    if (fault) return faulty(fault);
    users.push(...(content as GatewayUser[]));
  }
  return { users };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function notJson(file: string): GatewayFileFault {
  return { file, path: '', what: 'is no JSON, or only the beginning of it' };
}

function faulty({ file, path, what }: GatewayFileFault): GatewayFilesResult {
  return { kind: 'fault', message: [file, ...(path === '' ? [] : [path]), what].join(': ') };
}
