// From paths to what a gateway serves, with every fault on the way. Has no memory: call it again after a change, and
// keep the last result without faults.

import { faultAt } from '../api/documents.ts';
import type { Fault } from '../api/fault.ts';
import type { Finding } from '../api/finding.ts';
import type { GatewayConfig } from '../api/gateway-config.ts';
import { resolve } from '../api/resolve.ts';
import { type ValidObjects, validate } from '../api/validate.ts';
import { serverWarnings } from '../api/warnings.ts';
import { readDocumentFiles } from './document-files.ts';

export interface LoadedDocuments {
  /** What is sound, whether or not something else is faulty. */
  readonly configs: GatewayConfig[];
  /** In the order of files and lines. */
  readonly faults: Fault[];
  /** Allowed, but unwise. */
  readonly warnings: Fault[];
}

export function loadDocuments(paths: readonly string[]): LoadedDocuments {
  const read = readDocumentFiles(paths);
  const objects = validate(read.documents);
  const { gateways, findings } = resolve({ ...objects, now: Date.now() });
  const faults = [
    ...read.faults,
    ...objects.faults,
    ...findings.flatMap((finding) => faultOf(finding, objects)),
  ];
  const order = read.documents.map(({ file }) => file);
  return {
    configs: gateways,
    faults: inOrder(faults.length > 0 ? faults : missingServer(paths, gateways), order),
    warnings: inOrder(warningsOf(objects), order),
  };
}

/** Nothing for what was ordered (Suspended), and for what only follows from a fault in another document. */
function faultOf(finding: Finding, objects: ValidObjects): Fault[] {
  const source = objects.sourceOf(finding.object);
  const followsFromOther = finding.missing !== undefined && objects.sourceOf(finding.missing) !== undefined;
  if (finding.severity === 'state' || followsFromOther || !source) return [];
  const { path, what, value, fix } = finding;
  return [faultAt(source, path, { what, fix, ...(value === undefined ? {} : { value }) })];
}

function missingServer(paths: readonly string[], gateways: readonly GatewayConfig[]): Fault[] {
  if (gateways.length > 0) return [];
  return [
    { file: paths.join(', '), what: 'there is no VpnServer in it', fix: 'add a document of kind VpnServer' },
  ];
}

function warningsOf(objects: ValidObjects): Fault[] {
  return objects.servers.flatMap(({ metadata: { namespace, name }, spec }) => {
    const source = objects.sourceOf({ kind: 'VpnServer', namespace, name });
    if (!source) return [];
    return serverWarnings.flatMap(({ path, what, fix, chosen }) => {
      const value = chosen(spec);
      return value === undefined ? [] : [faultAt(source, path, { what, fix, value: `"${value}"` })];
    });
  });
}

/** Faults of whole files first, then as a reader meets them. */
function inOrder(faults: readonly Fault[], files: readonly string[]): Fault[] {
  const rank = ({ file, line = 0 }: Fault) => [files.indexOf(file), line] as const;
  return faults.toSorted((one, other) => {
    const [a, b] = [rank(one), rank(other)];
    return a[0] - b[0] || a[1] - b[1];
  });
}
