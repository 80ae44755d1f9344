// The chart as Helm renders it, parsed: what would be applied, and what a test compares.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';

export const chart = resolve(import.meta.dirname, '../../../charts/vpn-operator');
export const releaseNamespace = 'vpn-operator-system';

export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
  };
  [field: string]: unknown;
}

export type Values = Readonly<Record<string, unknown>>;

/** @throws Error with Helm's message */
export function renderChart(helm: string, values: Values): Manifest[] {
  const { status, stdout, stderr } = runHelm(helm, ['template', 'vpn-operator', chart], values);
  if (status !== 0) throw new Error(stderr);
  return parseManifests(stdout);
}

/** Helm's complaint about values that it must refuse. */
export function refusalOf(helm: string, values: Values): string {
  const { status, stderr } = runHelm(helm, ['template', 'vpn-operator', chart], values);
  return status === 0 ? '' : stderr;
}

export function runHelm(helm: string, command: readonly string[], values?: Values) {
  const folder = mkdtempSync(join(tmpdir(), 'chart-values-'));
  try {
    const file = join(folder, 'values.yaml');
    if (values !== undefined) writeFileSync(file, stringify(values));
    const given = values === undefined ? [] : ['--values', file];
    const args = [...command, '--namespace', releaseNamespace, ...given];
    return spawnSync(helm, args, { encoding: 'utf8', timeout: 60_000, maxBuffer: 16 << 20 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What `kubectl kustomize` makes of a folder. */
export function kustomize(kubectl: string, folder: string): Manifest[] {
  return parseManifests(
    execFileSync(kubectl, ['kustomize', folder], { encoding: 'utf8', maxBuffer: 16 << 20 }),
  );
}

export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS({ maxAliasCount: 0 }) as Manifest | null)
    .filter((manifest) => manifest !== null);
}

/** CRDs and the admission policy have tests of their own. */
export function isAboutKinds({ kind }: Manifest): boolean {
  return kind === 'CustomResourceDefinition' || kind.startsWith('ValidatingAdmissionPolicy');
}

/** One line that says which object it is. */
export function identityOf({ kind, metadata }: Manifest): string {
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;
}

/** The same object without what only Helm has use for; undefined for a test hook. */
export function withoutHelm(manifest: Manifest): Manifest | undefined {
  if (manifest.metadata.annotations?.['helm.sh/hook'] !== undefined) return undefined;
  const text = JSON.stringify(manifest, (key, value) => {
    if (key.startsWith('helm.sh/') || key === 'app.kubernetes.io/managed-by') return undefined;
    return key === 'annotations' && Object.keys(value).every((name) => name.startsWith('helm.sh/'))
      ? undefined
      : value;
  });
  return JSON.parse(text) as Manifest;
}

export function toYaml(manifests: readonly Manifest[]): string {
  return manifests.map((manifest) => stringify(manifest, { lineWidth: 0 })).join('---\n');
}
