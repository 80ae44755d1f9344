// Everything of the chart that is generated. The templates themselves are written by hand.
import { alertRules, alertsDocument } from './alerts-files.ts';
import { chartReadme } from './chart-readme.ts';
import { sessionsDashboard } from './dashboard.ts';
import { rightsDocument, rightsTemplate } from './rights-files.ts';
import { valuesSchemaJson, valuesYaml } from './values-files.ts';

const chart = 'charts/vpn-operator';

export const chartFiles: readonly { path: string; content: string }[] = [
  { path: `${chart}/values.yaml`, content: valuesYaml() },
  { path: `${chart}/values.schema.json`, content: valuesSchemaJson() },
  { path: `${chart}/README.md`, content: chartReadme() },
  { path: `${chart}/templates/_rights.tpl`, content: rightsTemplate() },
  { path: `${chart}/files/alerts.yaml`, content: alertRules() },
  { path: `${chart}/files/dashboards/vpn-sessions.json`, content: sessionsDashboard() },
  { path: 'docs/rbac.md', content: rightsDocument() },
  { path: 'docs/alerts.md', content: alertsDocument() },
];
