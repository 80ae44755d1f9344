import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { generatePassword } from '../../../src/operator/vpn-user/password.ts';
import { clientProfiles } from '../../../src/operator/vpn-user/profiles.ts';

describe('a generated password', () => {
  it('has at least 95 bits, and no character that looks like another', () => {
    const password = generatePassword();
    assert.match(password, /^[a-km-np-z2-9]{5}(-[a-km-np-z2-9]{5}){3}$/);
    const alphabet = new Set(
      Array.from({ length: 2_000 }, () => generatePassword())
        .join('')
        .replaceAll('-', ''),
    );
    assert.ok(20 * Math.log2(alphabet.size) >= 95, `${alphabet.size} characters`);
    for (const confusing of 'l1io0') assert.ok(!alphabet.has(confusing));
  });

  it('is never the same twice, and uses every choice that it gets', () => {
    assert.equal(new Set(Array.from({ length: 1_000 }, () => generatePassword())).size, 1_000);
    assert.equal(
      generatePassword(() => 0),
      'aaaaa-aaaaa-aaaaa-aaaaa',
    );
    assert.equal(
      generatePassword((below) => below - 1),
      '99999-99999-99999-99999',
    );
  });
});

describe('the profiles for clients', () => {
  const input = {
    name: 'office',
    server: '192.0.2.1',
    username: 'o"ne\\two$x',
    password: 'p\'q"r\\s$t',
    encryption: 'Required',
  } as const;
  const profiles = clientProfiles(input);

  it('quote every text for the program that reads it', () => {
    assert.match(profiles['pppd-peer']!, /^name "o\\"ne\\\\two\$x"$/m);
    assert.match(profiles['pppd-peer']!, /^password "p'q\\"r\\\\s\$t"$/m);
    assert.match(profiles['networkmanager.nmconnection']!, /^password=p'q"r\\\\s\$t$/m);
    assert.match(profiles['windows.ps1']!, /^rasdial\.exe 'office' 'o"ne\\two\$x' 'p''q"r\\s\$t'$/m);
    assert.match(profiles['routeros.rsc']!, /password="p'q\\"r\\\\s\\\$t"/);
  });

  it('ask for what the server asks for', () => {
    assert.match(profiles['pppd-peer']!, /^require-mppe-128$/m);
    assert.match(profiles['windows.ps1']!, /-EncryptionLevel Maximum/);
    const open = clientProfiles({ ...input, encryption: 'Disabled' });
    assert.match(open['pppd-peer']!, /^nomppe$/m);
    assert.match(open['windows.ps1']!, /-EncryptionLevel NoEncryption/);
    assert.match(open['routeros.rsc']!, /profile=default /);
    assert.doesNotMatch(open['networkmanager.nmconnection']!, /mppe/);
    assert.doesNotMatch(clientProfiles({ ...input, encryption: 'Optional' })['pppd-peer']!, /mppe/);
  });

  it('give a connection the same UUID every time, of version 5', () => {
    const uuid = (text: string) => /^uuid=(.*)$/m.exec(text)?.[1] ?? '';
    const [one, other] = [profiles, clientProfiles(input)].map((each) =>
      uuid(each['networkmanager.nmconnection']!),
    );
    assert.equal(one, other);
    assert.match(one!, /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('are single logical lines for PowerShell and RouterOS: a password cannot bring a command of its own', () => {
    const hostile = clientProfiles({ ...input, password: "x'; Remove-Item C:\\ -Recurse; '" });
    assert.match(hostile['windows.ps1']!, /'x''; Remove-Item C:\\ -Recurse; '''$/m);
    const quotes = hostile['windows.ps1']!.split('\n')[1]!.match(/'/g)!.length;
    assert.equal(quotes % 2, 0);
  });
});
