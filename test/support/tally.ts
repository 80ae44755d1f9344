// Counts test results as they come and prints them for people: a line per file, failures in full, then the totals.
import type { EventData } from 'node:test';
import { inspect } from 'node:util';
import { shortPath } from './test-files.ts';

interface Skipped {
  name: string;
  reason: string;
}

export class Tally {
  readonly #failures: string[] = [];
  readonly #skipped: Skipped[] = [];
  #passed = 0;

  get failed(): number {
    return this.#failures.length;
  }

  get ran(): number {
    return this.#passed + this.failed + this.#skipped.length;
  }

  passed(test: EventData.TestPass): void {
    if (test.details.type === 'suite' && test.skip === undefined) return;
    const reason = test.skip ?? test.todo;
    if (reason === undefined || reason === false) {
      this.#passed += 1;
      return;
    }
    this.#skipped.push({
      name: `${shortPath(test.file ?? '')}: ${test.name}`,
      reason: typeof reason === 'string' && reason !== '' ? reason : 'no reason given',
    });
  }

  fail(test: EventData.TestFail): void {
    // A suite fails because of its tests, which are told already; by itself only when a hook failed.
    const { error } = test.details;
    if (test.details.type === 'suite' && 'failureType' in error && error.failureType === 'subtestsFailed')
      return;
    const where = `${shortPath(test.file ?? '')}${test.line === undefined ? '' : `:${test.line}`}`;
    this.#failures.push(where);
    const cause = error.cause instanceof Error ? error.cause : error;
    const text = withoutInternals(cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause));
    console.log(`\n✘ ${test.name}\n  ${where}\n${text.replaceAll(/^/gm, '  ')}\n`);
  }

  /** One line for the file that ran; its tests may be written elsewhere, so the counts are the runner's. */
  fileDone({ file = '', counts, duration_ms: duration, success }: EventData.TestSummary): void {
    const { passed, skipped, cancelled, tests, todo } = counts;
    const failed = tests - passed - skipped - todo;
    const parts = [`${passed} passed`, failed > 0 && `${failed} failed`, skipped > 0 && `${skipped} skipped`];
    if (cancelled > 0) parts.push(`${cancelled} of them cancelled`);
    const text = parts.filter((part) => part !== false).join(', ');
    const seconds = (duration / 1000).toFixed(1).padStart(6);
    console.log(`${success ? '✔' : '✘'} ${shortPath(file).padEnd(60)} ${text.padEnd(24)} ${seconds} s`);
  }

  report(): void {
    console.log('');
    if (this.#skipped.length > 0) console.log('Skipped:');
    for (const [reason, tests] of Map.groupBy(this.#skipped, ({ reason }) => reason)) {
      console.log(`  ${reason}:`);
      for (const { name } of tests ?? []) console.log(`    ${name}`);
    }
    if (this.failed > 0) console.log('Failed:');
    for (const where of this.#failures) console.log(`  ${where}`);
    console.log(`${this.#passed} passed, ${this.failed} failed, ${this.#skipped.length} skipped`);
  }
}

/** Drops the stack's lines inside Node itself. */
function withoutInternals(stack: string): string {
  const lines = stack.split('\n');
  return lines.filter((line) => !/^\s+at .*node:internal\//.test(line)).join('\n');
}
