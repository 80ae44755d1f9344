import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readDocuments } from '../../src/api/documents.ts';
import { formatFault } from '../../src/api/fault.ts';
import { validate } from '../../src/api/validate.ts';

const read = (text: string) => readDocuments('f.yaml', text);
const faults = (text: string) => read(text).faults.map(formatFault);

describe('reading documents', () => {
  it('remembers the line of every field, in every document of a file', () => {
    const { documents } = read('# comment\na: 1\nb:\n  c:\n    - x\n    - y: 2\n---\nd: 3\n');
    const [first, second] = documents;
    assert.equal(first?.lineOf(['a']), 2);
    assert.equal(first?.lineOf(['b', 'c', 0]), 5);
    assert.equal(first?.lineOf(['b', 'c', 1, 'y']), 6);
    assert.equal(second?.lineOf(['d']), 8);
  });

  it('gives the line of the nearest ancestor of a field that is not written', () => {
    const { documents } = read('a: 1\nb:\n  c: 1\n');
    assert.equal(documents[0]?.lineOf(['b', 'missing', 0, 'deeper']), 2);
    assert.equal(documents[0]?.lineOf(['missing']), 1);
  });

  it('reads JSON, with lines', () => {
    const { documents, faults: none } = read('{\n\t"a": 1,\n\t"b": {"c": [true]}\n}\n');
    assert.deepEqual(documents[0]?.content, { a: 1, b: { c: [true] } });
    assert.equal(documents[0]?.lineOf(['b', 'c', 0]), 3);
    assert.deepEqual(none, []);
  });

  it('follows anchors and merge keys', () => {
    const { documents } = read('a: &x\n  c: 1\nb: *x\nd:\n  <<: *x\n');
    assert.deepEqual(documents[0]?.content, { a: { c: 1 }, b: { c: 1 }, d: { c: 1 } });
    assert.equal(documents[0]?.lineOf(['b', 'c']), 2);
  });

  it('tells a syntax error with its line and reads the other documents all the same', () => {
    const { documents, faults: told } = read('a: 1\n---\nb: "x\n---\nc: 3\n');
    assert.deepEqual(told.map(({ line }) => line).length, 1);
    assert.deepEqual(documents[0]?.content, { a: 1 });
  });

  it('tells every key that is there twice', () => {
    assert.deepEqual(faults('a: 1\nb: 2\na: 3\nb: 4\n'), [
      'f.yaml:3: the key is there twice: keep one of the two',
      'f.yaml:4: the key is there twice: keep one of the two',
    ]);
  });

  it('tells a tab, an open bracket and an open quote in plain words', () => {
    assert.deepEqual(faults('a:\n\tb: 1\n'), ['f.yaml:2: a tab indents this line: indent with spaces']);
    assert.match(faults('a: [1, 2\nb: 3\n')[0] ?? '', /^f\.yaml:\d: .*(bracket|comma)/);
    assert.match(faults('a: @x\n')[0] ?? '', /^f\.yaml:1: .*single quotes$/);
  });

  it('says that a file is empty', () => {
    for (const text of ['', '\n\n', '# only a comment\n', '---\n---\n']) {
      assert.match(faults(text)[0] ?? '', /^f\.yaml: there is no document in it: /);
    }
  });

  it('survives aliases that multiply without bound, circles and bottomless nesting', () => {
    const bomb = [
      'a0: &a0 [x, x]',
      ...Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`),
    ];
    for (const text of [bomb.join('\n'), '&a [*a]', '['.repeat(20_000), 'a: *nowhere']) {
      const { documents, faults: told } = read(text);
      assert.equal(documents.length, 0);
      assert.equal(told.length, 1);
    }
  });

  it('never quotes the text around a syntax error', () => {
    for (const text of [
      'password: "hunter2\\q"\n',
      'password: [hunter2\n',
      'password: hunter2: x\n',
      'a: b\nhunter2\n',
    ]) {
      const [first = ''] = faults(text);
      assert.notEqual(first, '');
      assert.doesNotMatch(first, /hunter2|\\q/);
    }
  });

  it('never throws, whatever the text is', () => {
    const fragment = fc.constantFrom(
      ...[
        'apiVersion: vpn-operator.dev/v1alpha1\n',
        'kind: VpnServer\n',
        'kind: VpnUser\n',
        'kind: Secret\n',
        'spec:\n',
      ],
      ...[
        '  addressPools:\n',
        '  - ',
        ': ',
        '\n',
        '---\n',
        '{',
        '}',
        '[',
        ']',
        '&a ',
        '*a',
        '<<: ',
        '!!int ',
        '? ',
        '"',
        "'",
      ],
      ...[
        '  mtu: {mode: Fixed}\n',
        'metadata: {name: a}\n',
        'data: {a: "%"}\n',
        '__proto__: {}\n',
        'constructor: 1\n',
        '| ',
        '\t',
      ],
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fragment, { maxLength: 25 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (yaml) => {
        const result = read(yaml);
        validate(result.documents);
        assert.ok(result.documents.length + result.faults.length > 0);
      }),
      { numRuns: 1500 },
    );
  });
});
