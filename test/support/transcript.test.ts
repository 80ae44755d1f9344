import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseTranscript, runBlock, type TranscriptMachine } from './transcript.ts';

function echo(): TranscriptMachine {
  let deadline = 100;
  return {
    opening: ['< hello'],
    get deadline() {
      return deadline;
    },
    receive: (text) => (text === 'quiet' ? [] : [`< ${text}`, '= echoed id=7']),
    act: (text) => [`= did ${text}`],
    expire: (now) => {
      deadline = now + 100;
      return [`= expired at=${now}`];
    },
  };
}

function run(...lines: string[]): void {
  const [block] = parseTranscript(['# title', '```echo a=1', ...lines, '```'].join('\n'), 'echo');
  assert.equal(block!.title, 'title');
  assert.equal(block!.parameters.get('a'), '1');
  runBlock('echo.md', block!, echo());
}

describe('a transcript', () => {
  it('passes when everything that comes out is listed in order', () => {
    run('< hello', '# comment', '> hi', '< hi', '= echoed id={x}', '> {x}', '< 7', '= echoed *');
    run('< hello', '! jump', '= did jump', '> quiet', '@+250', '= expired at=100', '= expired at=200');
    run('< hello', '> one \\', 'two', '< one two', '= echoed id=7');
  });

  it('fails when something more, less or else comes out', () => {
    const wrong = [
      ['> hi'],
      ['> hi', '< hi'],
      ['> quiet', '< quiet'],
      ['> a', '< b', '= echoed id=7'],
      ['@+100'],
    ];
    for (const lines of wrong) assert.throws(() => run('< hello', ...lines), /echo\.md:\d/);
    assert.throws(() => run('> quiet'), /after `the start`/);
    assert.throws(() => run('< hello', 'nonsense'), /not a line of a transcript/);
  });

  it('takes the special characters of a pattern as they stand', () => {
    assert.throws(() => run('< hello', '> abc', '< a.c', '= echoed id=7'));
    run('< hello', '> a.c(1)[2]"+"', '< a.c(1)[2]"+"', '= echoed id=7');
  });

  it('numbers blocks under one heading and skips those of other protocols', () => {
    const text = '## one\n```x\n> a\n```\n```y\n> b\n```\n```x\n```\n';
    const titles = parseTranscript(text, 'x').map((block) => block.title);
    assert.deepEqual(titles, ['one', 'one (2)']);
  });
});
