// PPP control packets as words, for tests: `LCP Configure-Request 1 mru=1400 magic=11223344 pfc acfc`,
// `CHAP Success 5 "S=…"`, `0x8057 0101000e`. What describeFrame prints, parseFrame reads.
import {
  Code,
  type ControlPacket,
  decodeControlPacket,
  encodeControlPacket,
} from '../../src/protocol/ppp/control-packet.ts';
import { describeProtocol, type Frame, Protocol } from '../../src/protocol/ppp/frame.ts';
import { decodeOptions, encodeOptions, type Option } from '../../src/protocol/ppp/option.ts';
import { fromHex, toHex } from './hex.ts';

const optionNames: Record<string, Record<string, number>> = {
  LCP: {
    mru: 1,
    accm: 2,
    auth: 3,
    quality: 4,
    magic: 5,
    pfc: 7,
    acfc: 8,
    callback: 13,
    mrru: 17,
    endpoint: 19,
  },
  CCP: { mppe: 18, bsd: 21, deflate: 26, predictor: 1 },
  IPCP: { addresses: 1, compression: 2, address: 3, dns1: 129, wins1: 130, dns2: 131, wins2: 132 },
};
const codeNames: Record<string, Record<string, number>> = {
  CHAP: { Challenge: 1, Response: 2, Success: 3, Failure: 4 },
  PAP: { 'Authenticate-Request': 1 },
};
const controlNames = Object.fromEntries(
  Object.entries(Code).map(([name, code]) => [name.replace(/(?<=[a-z])(?=[A-Z])/g, '-'), code]),
);

export function parseFrame(text: string): Frame {
  const [protocolName = '', ...words] = splitWords(text);
  const protocol = parseProtocol(protocolName);
  if (!(protocolName in optionNames || protocolName in codeNames)) {
    return { protocol, information: fromHex(words.join('')) };
  }
  const [codeName = '', identifier, ...rest] = words;
  const code = codesOf(protocolName)[codeName] ?? Number(codeName.replace('Code-', ''));
  const isConfigure = protocolName in optionNames && code >= 1 && code <= 4;
  const data = isConfigure ? parseOptions(protocolName, rest) : parseData(rest);
  return { protocol, information: encodeControlPacket({ code, identifier: Number(identifier), data }) };
}

export function describeFrame({ protocol, information }: Frame): string {
  const name = describeProtocol(protocol);
  if (!(name in optionNames || name in codeNames)) return `${name} ${toHex(information)}`;
  const packet = decodeControlPacket(information);
  const code = Object.entries(codesOf(name)).find(([, number]) => number === packet.code)?.[0];
  const words = [
    name,
    code ?? `Code-${packet.code}`,
    String(packet.identifier),
    ...describeData(name, packet),
  ];
  return words.join(' ');
}

function codesOf(protocolName: string): Record<string, number> {
  return codeNames[protocolName] ?? controlNames;
}

function parseProtocol(name: string): number {
  const known = Object.entries(Protocol).find(([word]) => word === name);
  return known?.[1] ?? Number(name);
}

function splitWords(text: string): string[] {
  return text.match(/"[^"]*"|\S+/g) ?? [];
}

function parseOptions(protocolName: string, words: readonly string[]): Uint8Array {
  return encodeOptions(words.map((word) => parseOption(protocolName, word)));
}

function parseOption(protocolName: string, word: string): Option {
  const [name = '', value = ''] = word.split('=');
  const [number, hex] = name.split(':');
  const type = optionNames[protocolName]?.[name] ?? Number(number);
  if (Number.isNaN(type)) throw new Error(`no option of ${protocolName}: ${word}`);
  if (hex !== undefined) return { type, data: fromHex(hex) };
  if (name === 'mru' && !value.startsWith('x'))
    return { type, data: Uint8Array.of(+value >> 8, +value & 0xff) };
  if (value.includes('.')) return { type, data: Uint8Array.from(value.split('.'), Number) };
  return { type, data: fromHex(value.replace(/^x/, '')) };
}

function describeData(protocolName: string, { code, data }: ControlPacket): string[] {
  const isConfigure = protocolName in optionNames && code >= 1 && code <= 4;
  if (isConfigure) return decodeOptions(data).map((option) => describeOption(protocolName, option));
  if (data.length === 0) return [];
  const text = Array.from(data, (byte) => String.fromCharCode(byte)).join('');
  return [/^[ !#-~]+$/.test(text) ? `"${text}"` : toHex(data)];
}

function describeOption(protocolName: string, { type, data }: Option): string {
  const name = Object.entries(optionNames[protocolName] ?? {}).find(([, number]) => number === type)?.[0];
  if (name === undefined) return `${type}:${toHex(data)}`;
  if (data.length === 0) return name;
  if (name === 'mru' && data.length === 2) return `${name}=${(data[0]! << 8) + data[1]!}`;
  const isAddress = protocolName === 'IPCP' && data.length === 4 && name !== 'compression';
  return `${name}=${isAddress ? data.join('.') : toHex(data)}`;
}

function parseData(words: readonly string[]): Uint8Array {
  const bytes = words.flatMap((word) =>
    word.startsWith('"') ? Array.from(word.slice(1, -1), (c) => c.charCodeAt(0)) : [...fromHex(word)],
  );
  return Uint8Array.from(bytes);
}
