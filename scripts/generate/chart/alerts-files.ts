// The alerts as a rules file and as a page for whoever is woken by one.
import { stringify } from 'yaml';
import { alerts } from './alerts.ts';

const origin = 'Generated from scripts/generate/chart/alerts.ts by `npm run generate`.';

/** What stands under `groups:`; a file that promtool takes. */
export function alertRules(): string {
  const rules = alerts.map(({ name, expr, for: duration, severity, summary, description }) => ({
    alert: name,
    expr,
    for: duration,
    labels: { severity },
    annotations: { summary, description, runbook_url: `docs/alerts.md#${name.toLowerCase()}` },
  }));
  return `# ${origin}\n${stringify({ groups: [{ name: 'vpn-operator', rules }] }, { lineWidth: 0 })}`;
}

export function alertsDocument(): string {
  const sections = alerts.map(
    ({ name, severity, for: duration, expr, summary, meaning, steps }) => `## ${name}

${summary} Severity: ${severity}${duration === '0m' ? '' : `, after ${duration}`}. ${meaning}

${steps.map((step) => `- ${step}`).join('\n')}

\`\`\`
${expr}
\`\`\`
`,
  );
  return `<!-- ${origin} -->
# Alerts

What the chart installs with \`prometheusRule.enabled\`, what each alert means, and what to do. The metrics are explained in
[metrics.md](metrics.md).

${sections.join('\n')}`;
}
