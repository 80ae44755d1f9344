import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { metricsDocument, metricsDocumentPath } from '../../scripts/generate/metrics-doc.ts';
import { serverMetrics, sessionMetrics } from '../../src/gateway/metric-definitions.ts';
import { discardReasons, greDiscardReasons } from '../../src/protocol/datapath/counters.ts';

describe('docs/metrics.md', () => {
  const document = metricsDocument();

  it('is what the definitions say today', () => {
    const committed = readFileSync(new URL(`../../${metricsDocumentPath}`, import.meta.url), 'utf8');
    assert.ok(committed === document, 'docs/metrics.md is out of date: run npm run generate');
  });

  it('names every metric and every reason', () => {
    for (const { name } of [...sessionMetrics, ...Object.values(serverMetrics)])
      assert.ok(document.includes(`| \`${name}\` |`), name);
    for (const reason of Object.keys({ ...discardReasons, ...greDiscardReasons }))
      assert.ok(document.includes(`\`${reason}\``), reason);
  });

  it('asks only for metrics and label words that exist', () => {
    const names = new Set([...sessionMetrics, ...Object.values(serverMetrics)].map(({ name }) => name));
    for (const [name] of document.matchAll(/\bvpn_[a-z_]+[a-z]/g)) assert.ok(names.has(name), name);
  });

  it('keeps each table row on one line with four or two cells', () => {
    for (const row of document.split('\n').filter((line) => line.startsWith('| `'))) {
      assert.ok([2, 4].includes(row.split(' | ').length), row);
    }
  });
});
