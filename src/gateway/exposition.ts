// The Prometheus text format 0.0.4, as far as counters and gauges need it. Written here rather than left to the
// metric library because thousands of series are written in the thread that also carries the packets.

/** A set of labels, already in the text format: `a="b",c="d"`. */
export type LabelText = string;

export function labelText(labels: Readonly<Record<string, string>>): LabelText {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeValue(value)}"`)
    .join(',');
}

export function header(metric: { name: string; kind: string; help: string }): string {
  const help = metric.help.replace(/[\\\n]/g, (character) => (character === '\n' ? '\\n' : '\\\\'));
  return `# HELP ${metric.name} ${help}\n# TYPE ${metric.name} ${metric.kind}\n`;
}

export function series(name: string, labels: LabelText, value: number): string {
  return `${name}{${labels}} ${number(value)}\n`;
}

function number(value: number): string {
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? '+Inf' : '-Inf';
}

function escapeValue(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}
