import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { runCheck } from '../../src/cli/check.ts';
import { loadDocuments } from '../../src/cli/load-documents.ts';
import { UsageError } from '../../src/cli/usage-error.ts';

const folder = mkdtempSync(join(tmpdir(), 'vpn-operator-check-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;

function write(text: string, name = `f${made++}.yaml`): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

async function check(paths: string[], output = 'table') {
  let [stdout, stderr] = ['', ''];
  const io = {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
  };
  const code = await runCheck(paths, { output }, io);
  return { code, stdout, stderr: stderr.replaceAll(folder, '.').split('\n') };
}

/** The faults of one file, as `line: …`; the file's name is checked on the way. */
async function faultsOf(text: string): Promise<string[]> {
  const file = write(text).replace(folder, '.');
  const { code, stderr, stdout } = await check([join(folder, file)]);
  assert.equal(code, 2);
  assert.equal(stdout, '');
  const lines = stderr.filter((line) => line.startsWith(file));
  assert.equal(stderr.at(-2), lines.length === 1 ? 'One fault found.' : `${lines.length} faults found.`);
  return lines.map((line) => line.slice(file.length + 1));
}

const serverHead = `apiVersion: vpn-operator.dev/v1alpha1
kind: VpnServer
metadata: {name: office}
spec:
`;
const pools = '  addressPools: [{cidr: 10.77.0.0/24}]\n';
const userHead = (name: string) => `---
apiVersion: vpn-operator.dev/v1alpha1
kind: VpnUser
metadata: {name: ${name}}
spec:
  serverRef: {name: office}
  passwordSecretRef: {name: shared}
`;
const secret = `---
apiVersion: v1
kind: Secret
metadata: {name: shared}
stringData: {password: hunter2}
`;

/** Bad input and the whole of what must be said about it. Line 5 is the first below `spec:`. */
const table: Record<string, [string, string[]]> = {
  'an unknown field': [
    `${serverHead}${pools}  encription: {policy: Required}\n`,
    ['6: spec.encription: is an unknown field: did you mean encryption?'],
  ],
  'a field in the wrong place': [
    `${serverHead}${pools}  keyLengths: [128]\n`,
    [
      '6: spec.keyLengths: is an unknown field: it belongs at spec.encryption.keyLengths; look at the indentation',
    ],
  ],
  'a wrong type': [
    `${serverHead}${pools}  sessions: {max: "12"}\n  dns: 10.0.0.1\n  routing: {masquerade: "no"}\n`,
    [
      '6: spec.sessions.max: is a text where a whole number is expected (value "12"): write digits without quotes',
      '7: spec.dns: is a text where a list is expected (value "10.0.0.1"): write it in brackets, as [a, b]',
      '8: spec.routing.masquerade: is a text where true or false is expected (value "no"): write true or false, without quotes',
    ],
  ],
  'a bad CIDR': [
    `${serverHead}  addressPools: [{cidr: 10.77.0.0/240}]\n`,
    [
      '5: spec.addressPools[0].cidr: is not an IPv4 range (value "10.77.0.0/240"): write an address, a slash and a prefix length, such as 10.77.0.0/24',
    ],
  ],
  'overlapping pools': [
    `${serverHead}  addressPools:\n    - cidr: 10.77.0.0/16\n    - cidr: 10.77.3.0/24\n`,
    [
      '7: spec.addressPools[1].cidr: overlaps another pool of this server (value "10.77.3.0/24"): give every pool a range of its own, or keep only the larger one',
    ],
  ],
  'an address outside every pool': [
    `${serverHead}${pools}${userHead('alice')}  address: 10.78.0.1\n${secret}`,
    ['13: spec.address: is in no pool of the server (value "10.78.0.1"): take an address from 10.77.0.0/24'],
  ],
  'two users with one name': [
    `${serverHead}${pools}${userHead('alice')}${userHead('bob')}  username: alice\n${secret}`,
    [
      '20: spec.username: is already taken on default/office by VpnUser default/alice (value "alice"): give one of the two another username; names are compared exactly',
    ],
  ],
  'two users with one address': [
    `${serverHead}${pools}${userHead('alice')}  address: 10.77.0.9\n${userHead('bob')}  address: 10.77.0.9\n${secret}`,
    [
      '21: spec.address: is already taken on default/office by VpnUser default/alice (value "10.77.0.9"): give one of the two another address, or none',
    ],
  ],
  'a missing Secret': [
    `${serverHead}${pools}${userHead('alice')}`,
    [
      '12: spec.passwordSecretRef.name: names a Secret that does not exist, default/shared: create it with the key password, or correct the name',
    ],
  ],
  'a missing key': [
    `${serverHead}${pools}${userHead('alice')}${secret.replace('password', 'passwd')}`,
    [
      '12: spec.passwordSecretRef.key: names the Secret default/shared, which has no key password: add the key password with the password, or ntHash with its NT hash',
    ],
  ],
  'no passwordSecretRef': [
    `${serverHead}${pools}${userHead('alice').replace(/ {2}password.*\n/, '')}`,
    [
      '10: spec.passwordSecretRef: is missing, and there is no Secret default/alice-vpn either: write a Secret with the key password, and its name here as {name: alice}',
    ],
  ],
  'a server that does not exist': [
    `${serverHead}${pools}${userHead('alice').replace('office', 'offfice')}${secret}`,
    [
      '11: spec.serverRef: names a VpnServer that does not exist (value "default/offfice"): correct name and namespace, or create that VpnServer',
    ],
  ],
  'mtu 9000': [
    `${serverHead}${pools}  mtu: {mode: Fixed, value: 9000}\n`,
    ['6: spec.mtu.value: is out of bounds (value "9000"): write a number from 576 to 1500'],
  ],
  'a YAML error': [`${serverHead}\taddressPools: []\n`, ['5: a tab indents this line: indent with spaces']],
  'a key that is there twice': [
    `${serverHead}${pools}${pools}`,
    ['6: the key is there twice: keep one of the two'],
  ],
  'an unknown kind': [
    `${serverHead.replace('VpnServer', 'VpnSever')}${pools}`,
    ['2: kind: is an unknown kind (value "VpnSever"): did you mean VpnServer?'],
  ],
  'a kind that is none of ours': [
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n`,
    ['2: kind: is an unknown kind (value "ConfigMap"): keep only VpnServer, VpnUser, Secret documents here'],
  ],
  'no kind': ['metadata: {name: a}\n', ['1: kind: is missing: add it (VpnServer, VpnUser, Secret)']],
  'an unknown version': [
    `${serverHead.replace('v1alpha1', 'v1')}${pools}`,
    [
      '1: apiVersion: is no version of VpnServer (value "vpn-operator.dev/v1"): write vpn-operator.dev/v1alpha1',
    ],
  ],
  'a document that is no object': [
    'hunter2\n',
    ['1: is a text where an object is expected: begin with apiVersion: and kind:'],
  ],
  'no name': [
    `${serverHead.replace('name: office', 'namespace: vpn')}${pools}`,
    ['3: metadata.name: is missing: add it (The name of the object)'],
  ],
  'no pools': [serverHead.replace('\n', '\n'), ['4: spec: is missing: add it (What the server should be)']],
  'a password in the user': [
    `${serverHead}${pools}${userHead('alice')}  password: hunter2\n${secret}`,
    [
      '13: spec.password: is an unknown field: put the password into a Secret, and name that in spec.passwordSecretRef of the VpnUser',
    ],
  ],
  'a Secret that is no Secret': [
    `${serverHead}${pools}${secret.replace('{password: hunter2}', '[hunter2]')}data: {password: hunter2-}\n`,
    [
      '10: stringData: is a list where fields are expected: write key: value below it',
      '11: data.password: is not base64: write the plain text under stringData instead of data',
    ],
  ],
};

describe('check', () => {
  for (const [title, [text, expected]] of Object.entries(table)) {
    it(`tells ${title} in one line with line, field, value and fix`, async () => {
      assert.deepEqual(await faultsOf(text), expected);
    });
  }

  it('tells all faults of all files at once, in the order of files and lines', async () => {
    const first = write(
      `${serverHead}  addressPools: [{cidr: 10.0.0.0/8}]\n  x: 1\n---\nkind: Pod\n---\na: [\n`,
      'y1.yaml',
    );
    const second = write(`${userHead('alice')}  maxSessions: 0\n  address: x\n${secret}z: 1\n`, 'y2.yaml');
    const { code, stderr } = await check([first, second]);
    assert.equal(code, 2);
    assert.deepEqual(
      stderr.map((line) => line.split(': ').slice(0, 2).join(' ')),
      [
        './y1.yaml:5 spec.addressPools[0].cidr',
        './y1.yaml:6 spec.x',
        './y1.yaml:8 kind',
        './y1.yaml:11 a bracket is not closed, or the indentation does not fit',
        './y2.yaml:8 spec.maxSessions',
        './y2.yaml:9 spec.address',
        './y2.yaml:15 z',
        '7 faults found.',
        '',
      ],
    );
  });

  it('does not blame a user for the faults of his server or Secret', async () => {
    const faulty = `${serverHead}  addressPools: []\n${userHead('alice')}${secret.replace('hunter2', '12')}`;
    assert.deepEqual(await faultsOf(faulty), [
      '5: spec.addressPools: holds 0 items: write at least 1',
      '17: stringData.password: is a number where a text is expected: put it into quotes',
    ]);
  });

  it('tells two documents for one object', async () => {
    const file = join(folder, `f${made}.yaml`);
    assert.deepEqual(await faultsOf(`${serverHead}${pools}---\n${serverHead}${pools}`), [
      `9: metadata.name: is the second VpnServer of this name, after ${file.replace(folder, '.')}:3 (value "default/office"): rename or remove one of them`,
    ]);
  });

  it('tells what is no file, an empty one, an empty folder, an unreadable one, and a folder without a server', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    writeFileSync(join(empty, 'notes.txt'), 'x');
    writeFileSync(join(empty, '.hidden.yaml'), 'x: [');
    const dangling = join(folder, 'dangling.yaml');
    symlinkSync('/nowhere/at/all', dangling);
    const latin = join(folder, 'latin.yaml');
    writeFileSync(latin, Uint8Array.of(0x61, 0x3a, 0x20, 0xe9, 0x0a));
    const { code, stderr } = await check([
      join(folder, 'none.yaml'),
      empty,
      dangling,
      latin,
      write('', 'nothing.yaml'),
    ]);
    assert.equal(code, 2);
    assert.deepEqual(stderr.slice(0, -2).sort(), [
      './dangling.yaml: there is no such file or folder: correct the path',
      './empty: the folder holds no *.yaml, *.yml or *.json file: put VpnServer, VpnUser and Secret documents there, or name another folder',
      './latin.yaml: it is not text in UTF-8: store it as UTF-8',
      './none.yaml: there is no such file or folder: correct the path',
      './nothing.yaml: there is no document in it: write a VpnServer, VpnUser or Secret into it, or remove the file',
    ]);
    const onlySecret = await check([write(secret.replace('---\n', ''))]);
    assert.match(
      onlySecret.stderr[0] ?? '',
      /^\.\/f\d+\.yaml: there is no VpnServer in it: add a document of kind VpnServer$/,
    );
  });

  it('tells a file that it may not read', async () => {
    const file = write(`${serverHead}${pools}`);
    chmodSync(folder, 0o755);
    chmodSync(file, 0);
    const root = process.geteuid?.() === 0;
    if (root) process.seteuid?.(65534);
    try {
      assert.match(
        (await check([file])).stderr[0] ?? '',
        /: it may not be read: give this user the right to read it$/,
      );
    } finally {
      if (root) process.seteuid?.(0);
    }
  });

  it('never shows what is in a Secret, nor a password in the wrong place', async () => {
    const texts = Object.values(table).map(([text]) => text);
    const { stderr } = await check(texts.map((text) => write(text)));
    assert.doesNotMatch(stderr.join('\n'), /hunter2/);
    const { stdout } = await check([write(`${serverHead}${pools}${userHead('alice')}${secret}`)], 'json');
    assert.doesNotMatch(stdout, /hunter2|ntHash/);
  });

  it('sums up what is sound, and exits with 0', async () => {
    const { code, stdout, stderr } = await check([
      write(
        `${serverHead}${pools}  routing: {allowedDestinations: [10.0.0.0/8]}\n${userHead('alice')}  suspended: true\n${secret}`,
      ),
    ]);
    assert.equal(code, 0);
    assert.deepEqual(stderr, ['']);
    assert.equal(
      stdout,
      [
        'VpnServer default/office',
        '  pools       10.77.0.0/24',
        '  addresses   253 for clients, 10.77.0.1 for the server',
        '  encryption  Required, MPPE 128 bits, stateless',
        '  mtu         measured for each client',
        '  users       1 (1 suspended)',
        '',
      ].join('\n'),
    );
  });

  it('warns of weak encryption and wide-open lists, and still exits with 0', async () => {
    const { code, stderr } = await check([
      write(`${serverHead}${pools}  encryption: {policy: Optional, keyLengths: [40]}\n`),
    ]);
    assert.equal(code, 0);
    assert.deepEqual(
      stderr.map((line) => line.replace(/^warning: \S+ /, '').replace(/: .*/, '')),
      ['spec.routing.allowedDestinations', 'spec.encryption.policy', 'spec.encryption.keyLengths', ''],
    );
  });

  it('says the same as data', async () => {
    const { code, stdout } = await check([write(`${serverHead}${pools}  mtu: {value: 1400}\n`)], 'json');
    const data = JSON.parse(stdout);
    assert.equal(code, 2);
    assert.equal(data.valid, false);
    assert.deepEqual(
      [data.faults[0].line, data.faults[0].path, data.faults[0].value],
      [6, 'spec.mtu.value', '"1400"'],
    );
  });

  it('asks for a path and a known output format', async () => {
    await assert.rejects(check([]), UsageError);
    await assert.rejects(check([folder], 'xml'), UsageError);
  });

  it('finds nothing wrong with the samples', async () => {
    assert.equal((await check([join(import.meta.dirname, '../../deploy/samples')])).code, 0);
  });
});

describe('loading documents', () => {
  it('reads a folder file by file, and a file once however often it is named', () => {
    const place = join(folder, 'place');
    mkdirSync(place);
    writeFileSync(join(place, 'b.yml'), `${serverHead}${pools}`);
    writeFileSync(
      join(place, 'a.json'),
      '{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "shared"}, "stringData": {"password": "x"}}',
    );
    symlinkSync(join(place, 'b.yml'), join(place, 'c.yaml'));
    const { configs, faults } = loadDocuments([place, join(place, 'b.yml')]);
    assert.deepEqual(faults, []);
    assert.equal(configs.length, 1);
  });

  it('can be repeated: a bad edit is told, and a good one serves again', () => {
    const file = write(`${serverHead}${pools}`);
    assert.equal(loadDocuments([file]).faults.length, 0);
    writeFileSync(file, `${serverHead}  addressPools: [`);
    assert.equal(loadDocuments([file]).faults.length, 1);
    writeFileSync(file, `${serverHead}${pools}${userHead('alice')}${secret}`);
    const { configs, faults } = loadDocuments([file]);
    assert.deepEqual(faults, []);
    assert.deepEqual(
      configs[0]?.users.map(({ username }) => username),
      ['alice'],
    );
  });
});
