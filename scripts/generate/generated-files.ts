// The list of everything that is generated, with its content.

import { stringify } from 'yaml';
import { chartFiles } from './chart/chart-files.ts';
import { customResources } from './custom-resources.ts';
import { metricsDocument, metricsDocumentPath } from './metrics-doc.ts';
import { apiReference } from './reference.ts';
import { weakEncryptionPolicy } from './weak-encryption-policy.ts';

export interface GeneratedFile {
  /** From the root of the repository. */
  readonly path: string;
  readonly content: string;
}

const origin = '# Generated from src/api by `npm run generate`. Edit the schema there, not this file.\n';

export function generatedFiles(): GeneratedFile[] {
  const resources = customResources.map((resource) => ({
    resource,
    file: `${resource.spec.names.plural}.yaml`,
  }));
  const chart = 'charts/vpn-operator/templates';
  return [
    ...resources.map(({ resource, file }) => ({ path: `crds/${file}`, content: origin + yaml(resource) })),
    ...resources.map(({ resource, file }) => ({
      path: `${chart}/crds/${file}`,
      content: chartTemplate(yaml(keptOnUninstall(resource))),
    })),
    {
      path: 'deploy/crds.yaml',
      content: origin + resources.map(({ resource }) => yaml(resource)).join('---\n'),
    },
    { path: 'deploy/weak-encryption-policy.yaml', content: origin + policyYaml() },
    { path: `${chart}/weak-encryption-policy.yaml`, content: chartTemplate(policyYaml()) },
    { path: 'docs/api.md', content: apiReference() },
    { path: metricsDocumentPath, content: metricsDocument() },
    ...chartFiles,
  ];
}

function yaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}

function policyYaml(): string {
  return weakEncryptionPolicy.map(yaml).join('---\n');
}

/** Helm deletes what a chart made, and with a CRD go all its objects: they must outlive the chart. */
function keptOnUninstall(resource: (typeof customResources)[number]): unknown {
  const { metadata, ...rest } = resource;
  const { apiVersion, kind, ...body } = rest;
  return {
    apiVersion,
    kind,
    metadata: { ...metadata, annotations: { 'helm.sh/resource-policy': 'keep' } },
    ...body,
  };
}

function chartTemplate(content: string): string {
  if (content.includes('{{')) throw new Error('Helm would take a part of this manifest for a template');
  return `${origin}{{- if .Values.crds.install }}\n${content}{{- end }}\n`;
}
