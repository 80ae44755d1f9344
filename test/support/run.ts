// Runs the test files with node:test: `run.ts unit|e2e|cluster|all [part of a path…]`. Prints one line per file, each failure in
// full, each skipped test with its reason, and ends with `N passed, N failed, N skipped`.
import { type EventData, run } from 'node:test';
import { Tally } from './tally.ts';
import { findTestFiles, isSuite, lanesOf, type Suite } from './test-files.ts';

const [suite = 'unit', ...parts] = process.argv.slice(2);
if (!isSuite(suite)) {
  console.error(`run.ts: no suite called "${suite}"; there are unit, e2e, cluster and all`);
  process.exit(2);
}

const suites: readonly Suite[] = suite === 'all' ? ['unit', 'e2e', 'cluster'] : [suite];
const tally = new Tally();
for (const each of suites) await runSuite(each);
tally.report();
// No test at all is no success: a misspelt path must not look like one.
process.exitCode = tally.failed > 0 || tally.ran === 0 ? 1 : 0;

async function runSuite(name: Suite): Promise<void> {
  const files = findTestFiles(name).filter((file) => parts.every((part) => file.includes(part)));
  await Promise.all(lanesOf(name, files).map((lane) => runFiles(name, lane)));
}

async function runFiles(name: Suite, files: string[]): Promise<void> {
  // Each of these has machines of its own to feed; one at a time in a lane keeps their timings honest.
  const stream = run({
    files,
    concurrency: name === 'unit' ? 2 : 1,
    timeout: name === 'unit' ? 120_000 : 600_000,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  stream.on('test:pass', (test: EventData.TestPass) => tally.passed(test));
  stream.on('test:fail', (test: EventData.TestFail) => tally.fail(test));
  stream.on('test:stderr', ({ message }: EventData.TestStderr) => process.stderr.write(message));
  stream.on('test:summary', (summary: EventData.TestSummary) => {
    if (summary.file !== undefined) tally.fileDone(summary);
  });
  for await (const _ of stream); // until all files are done
}
