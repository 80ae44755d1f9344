// Ready-made settings for common clients, so that nobody has to know what PPTP wants to be told. Each is a file or a line
// to paste; all hold the password. Texts are quoted for the program that reads them.
import { createHash } from 'node:crypto';

export interface ProfileInput {
  /** What the connection is called on the client. */
  readonly name: string;
  readonly server: string;
  readonly username: string;
  readonly password: string;
  readonly encryption: 'Required' | 'Optional' | 'Disabled';
}

/** The keys of the Secret; the values are what one would write by hand. */
export function clientProfiles(input: ProfileInput): Record<string, string> {
  return {
    'pppd-peer': pppdPeer(input),
    'networkmanager.nmconnection': networkManager(input),
    'windows.ps1': windows(input),
    'routeros.rsc': routerOs(input),
  };
}

/** /etc/ppp/peers/NAME for pppd with pptp-linux: `pon NAME`. */
function pppdPeer({ name, server, username, password, encryption }: ProfileInput): string {
  const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
  const mppe = { Required: 'require-mppe-128', Optional: '', Disabled: 'nomppe' }[encryption];
  return lines([
    `# Save as /etc/ppp/peers/${name} (mode 0600), then: pon ${name}`,
    `pty "pptp ${server} --nolaunchpppd --nobuffer"`,
    `name ${quote(username)}`,
    `password ${quote(password)}`,
    `remotename ${name}`,
    `ipparam ${name}`,
    'noauth',
    'refuse-eap',
    'refuse-pap',
    'refuse-chap',
    'refuse-mschap',
    ...(mppe === '' ? [] : [mppe]),
    'nobsdcomp',
    'nodeflate',
    'usepeerdns',
    'lcp-echo-interval 30',
    'lcp-echo-failure 3',
  ]);
}

/** For NetworkManager with its PPTP plugin. */
function networkManager({ name, server, username, password, encryption }: ProfileInput): string {
  return lines([
    `# Save as /etc/NetworkManager/system-connections/${name}.nmconnection (mode 0600), then: nmcli connection reload`,
    '[connection]',
    `id=${keyfile(name)}`,
    `uuid=${uuidOf(`${name} ${server} ${username}`)}`,
    'type=vpn',
    'autoconnect=false',
    '',
    '[vpn]',
    'service-type=org.freedesktop.NetworkManager.pptp',
    `gateway=${server}`,
    `user=${keyfile(username)}`,
    'password-flags=0',
    'refuse-eap=yes',
    'refuse-pap=yes',
    'refuse-chap=yes',
    'refuse-mschap=yes',
    ...(encryption === 'Required' ? ['require-mppe-128=yes'] : []),
    '',
    '[vpn-secrets]',
    `password=${keyfile(password)}`,
    '',
    '[ipv4]',
    'method=auto',
    '',
    '[ipv6]',
    'method=disabled',
  ]);
}

/** GKeyFile: backslashes and spaces at the ends are escaped. */
function keyfile(text: string): string {
  return text.replaceAll('\\', '\\\\').replace(/^ /, '\\s').replace(/ $/, '\\s');
}

/** For Windows 8 and later, in PowerShell. */
function windows({ name, server, username, password, encryption }: ProfileInput): string {
  const quote = (text: string) => `'${text.replace(/['\u2018-\u201b]/g, '$&$&')}'`;
  const level = { Required: 'Maximum', Optional: 'Optional', Disabled: 'NoEncryption' }[encryption];
  return lines([
    `Add-VpnConnection -Name ${quote(name)} -ServerAddress ${quote(server)} -TunnelType Pptp ` +
      `-EncryptionLevel ${level} -AuthenticationMethod MSChapv2 -RememberCredential -Force`,
    `rasdial.exe ${quote(name)} ${quote(username)} ${quote(password)}`,
  ]);
}

/** For MikroTik routers, in their terminal. */
function routerOs({ name, server, username, password, encryption }: ProfileInput): string {
  const quote = (text: string) => `"${text.replace(/["\\$]/g, '\\$&')}"`;
  const profile = encryption === 'Disabled' ? 'default' : 'default-encryption';
  return lines([
    `/interface pptp-client add name=${quote(name)} connect-to=${server} user=${quote(username)} ` +
      `password=${quote(password)} profile=${profile} allow=mschap2 disabled=no`,
  ]);
}

function lines(texts: readonly string[]): string {
  return `${texts.join('\n')}\n`;
}

/** Always the same for the same connection, so that the file may be written again. */
function uuidOf(text: string): string {
  const digits = createHash('sha256').update(text).digest('hex');
  const variant = '89ab'[Number.parseInt(digits[16] ?? '0', 16) % 4];
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `5${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join('-');
}
