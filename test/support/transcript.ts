// Runs negotiations written as Markdown documents (test/transcripts/*.md): what goes into a machine, what comes out.
//
// A fenced block whose first word is the protocol is one test, titled by the heading above it:
//
//     ```pptp receiveWindow=64
//     # a comment
//     > SCCRQ hostName="client"        a message into the machine, in the adapter's words or hex octets
//     < SCCRP * resultCode=1 *         a message it must send: `*` stands for any text
//     = established hostName="client"  any other thing it must put out
//     ! stop 3                         the machine's owner calls one of its other methods
//     @+60000                          time passes, ms; deadlines on the way are kept
//     < EchoRQ identifier={id}         `{id}` takes what stands there (no blanks) …
//     > EchoRP identifier={id}         … and gives it back in every later line
//     ```
//
// The lines `<` and `=` below an input are exactly what it causes, all of it and in order; none means silence. Lines
// above the first input are what the machine says by itself when it starts. A line ending in ` \` goes on in the next.
// Words after the protocol (`name=value`) are the adapter's. An adapter is a function that starts one machine.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

/** One machine, spoken to in lines; what it puts out are lines that begin with `< ` or `= `. */
export interface TranscriptMachine {
  /** What it says by itself at time 0. */
  readonly opening?: readonly string[];
  /** Monotonic ms; time begins at 0. */
  readonly deadline: number;
  receive(text: string, now: number): readonly string[];
  expire(now: number): readonly string[];
  act?(text: string, now: number): readonly string[];
}

export type StartMachine = (parameters: ReadonlyMap<string, string>) => TranscriptMachine;

interface Line {
  readonly number: number;
  readonly text: string;
}

interface Block {
  readonly title: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly lines: readonly Line[];
}

const folder = new URL('../transcripts/', import.meta.url);

/** Makes a test of each `language` block in the files of test/transcripts whose name begins with `prefix`. */
export function runTranscripts(prefix: string, language: string, start: StartMachine): void {
  const files = readdirSync(folder).filter((name) => name.startsWith(prefix) && name.endsWith('.md'));
  for (const file of files.sort()) {
    describe(`transcript ${file}`, () => {
      const blocks = parseTranscript(readFileSync(new URL(file, folder), 'utf8'), language);
      assert.notEqual(blocks.length, 0, `${file} holds no \`\`\`${language} block`);
      for (const block of blocks) it(block.title, () => runBlock(file, block, start(block.parameters)));
    });
  }
}

export function parseTranscript(markdown: string, language: string): Block[] {
  const blocks: Block[] = [];
  const titles = new Set<string>();
  let heading = '';
  let lines: Line[] | undefined;
  for (const [index, text] of markdown.split('\n').entries()) {
    if (text.startsWith('```') && lines !== undefined) lines = undefined;
    else if (lines !== undefined) addLine(lines, index + 1, text.trim());
    else if (text.startsWith('#')) heading = text.replace(/^#+\s*/, '');
    else if (text.startsWith('```')) {
      const [word, ...parameters] = text.slice(3).trim().split(/\s+/);
      lines = [];
      if (word === language) {
        blocks.push({ title: unused(titles, heading), parameters: parseParameters(parameters), lines });
      }
    }
  }
  return blocks;
}

function addLine(lines: Line[], number: number, text: string): void {
  const last = lines.at(-1);
  if (last?.text.endsWith(' \\')) {
    lines[lines.length - 1] = { number: last.number, text: `${last.text.slice(0, -2)} ${text}` };
  } else if (text !== '' && !text.startsWith('#')) {
    lines.push({ number, text });
  }
}

function unused(titles: Set<string>, heading: string): string {
  let title = heading;
  for (let count = 2; titles.has(title); count++) title = `${heading} (${count})`;
  titles.add(title);
  return title;
}

function parseParameters(words: readonly string[]): Map<string, string> {
  return new Map(words.map((word) => word.split('=', 2) as [string, string]).map(([k, v]) => [k, v ?? '']));
}

export function runBlock(file: string, block: Block, machine: TranscriptMachine): void {
  const run: Run = { machine, now: 0, captured: new Map() };
  let actual: readonly string[] = machine.opening ?? [];
  let cause: Line | undefined;
  let expected: Line[] = [];
  for (const line of block.lines) {
    if (/^[<=] /.test(line.text)) {
      expected.push(line);
      continue;
    }
    compare(run, file, cause, expected, actual);
    cause = line;
    expected = [];
    actual = perform(run, file, line);
  }
  compare(run, file, cause, expected, actual);
}

interface Run {
  readonly machine: TranscriptMachine;
  now: number;
  readonly captured: Map<string, string>;
}

function perform(run: Run, file: string, line: Line): readonly string[] {
  const text = substitute(run, line.text);
  const rest = text.slice(2);
  if (text.startsWith('> ')) return run.machine.receive(rest, run.now);
  if (text.startsWith('! ') && run.machine.act !== undefined) return run.machine.act(rest, run.now);
  const [, milliseconds] = /^@\+(\d+)$/.exec(text) ?? [];
  if (milliseconds === undefined)
    throw new Error(`${file}:${line.number}: not a line of a transcript: ${text}`);
  return pass(run, Number(milliseconds));
}

function pass(run: Run, milliseconds: number): string[] {
  const until = run.now + milliseconds;
  const lines: string[] = [];
  for (let turns = 0; run.machine.deadline <= until; turns++) {
    assert.ok(turns < 1000, `the deadline ${run.machine.deadline} does not move`);
    run.now = Math.max(run.now, run.machine.deadline);
    lines.push(...run.machine.expire(run.now));
  }
  run.now = until;
  return lines;
}

/** Lines that match are compared as they were written, so that a failure shows only what differs. */
function compare(
  run: Run,
  file: string,
  cause: Line | undefined,
  expected: readonly Line[],
  actual: readonly string[],
): void {
  const shown = actual.map((text, index) => {
    const line = expected[index]?.text;
    return line !== undefined && matches(run, line, text) ? line : text;
  });
  const wanted = expected.map((line) => line.text);
  const at = `${file}:${cause?.number ?? 0} at ${run.now} ms: after \`${cause?.text ?? 'the start'}\``;
  const both = `it said\n  ${shown.join('\n  ') || '(nothing)'}\nand should\n  ${wanted.join('\n  ') || '(nothing)'}`;
  assert.deepEqual(shown, wanted, `${at} ${both}`);
}

function matches(run: Run, expected: string, actual: string): boolean {
  const names: string[] = [];
  const pattern = substitute(run, expected).replace(/\{(\w+)\}|\*|[^\w\s]/g, (found, name?: string) => {
    if (found === '*') return '.*';
    if (name === undefined) return `\\${found}`;
    names.push(name);
    return '(\\S+)';
  });
  const match = new RegExp(`^${pattern}$`, 's').exec(actual);
  if (match === null) return false;
  for (const [index, name] of names.entries()) run.captured.set(name, match[index + 1]!);
  return true;
}

function substitute(run: Run, text: string): string {
  return text.replace(/\{(\w+)\}/g, (found, name: string) => run.captured.get(name) ?? found);
}
