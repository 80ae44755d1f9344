// Who may log in, according to the sample documents: the demo serves them as they are.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';

const repository = resolve(import.meta.dirname, '../..');
export const samplesFolder = join(repository, 'deploy/samples');
/** As a person in the repository would type it. */
export const samplesPath = relative(repository, samplesFolder);

export interface Credentials {
  user: string;
  password: string;
}

interface SampleObject {
  kind?: string;
  metadata?: { name?: string };
  spec?: { username?: string; suspended?: boolean; passwordSecretRef?: { name?: string; key?: string } };
  stringData?: Record<string, string>;
}

/** The first user of the samples whose password stands in them too. @throws Error when there is none */
export function sampleCredentials(): Credentials {
  const objects = readObjects();
  for (const { kind, metadata, spec } of objects) {
    if (kind !== 'VpnUser' || spec?.suspended === true) continue;
    const { name, key = 'password' } = spec?.passwordSecretRef ?? {};
    const secret = objects.find((object) => object.kind === 'Secret' && object.metadata?.name === name);
    const password = secret?.stringData?.[key];
    const user = spec?.username ?? metadata?.name;
    if (user !== undefined && password !== undefined) return { user, password };
  }
  throw new Error(`${samplesPath}: no VpnUser in it has its password in a Secret there`);
}

function readObjects(): SampleObject[] {
  const files = readdirSync(samplesFolder)
    .filter((file) => /\.ya?ml$/.test(file))
    .sort();
  return files.flatMap((file) => {
    const documents = [...parseAllDocuments(readFileSync(join(samplesFolder, file), 'utf8'))];
    return documents.map((document) => (document.toJS() ?? {}) as SampleObject);
  });
}
