// The fifteen control messages of RFC 2637 §2 as field lists, their codec and a one-line description of each.
// Knows single whole messages only: the TCP stream is cut in framing.ts, their order is judged in control-connection.ts.
import { MalformedPacket } from '../bytes/malformed.ts';
import { Reader } from '../bytes/reader.ts';
import { reserved, type Struct, struct, text, u8, u16, u32 } from '../bytes/struct.ts';
import { Writer } from '../bytes/writer.ts';

export const MagicCookie = 0x1a2b3c4d;
/** RFC 2637 §2: PPTP Message Type of a control message; 2 is Management, which nobody has defined. */
export const PptpMessageTypeControl = 1;
/** Version 1, revision 0. */
export const ProtocolVersion = 0x0100;

const header = struct({
  length: u16,
  pptpMessageType: u16,
  magicCookie: u32,
  controlMessageType: u16,
  reserved0: reserved(2),
});
export type ControlHeader = ReturnType<typeof header.read>;

/** Octets of the header that all messages share. */
export const HeaderLength = header.size;

// biome-ignore format: one line is one row of the RFC's diagram
const bodies = {
  /** §2.1 Start-Control-Connection-Request */
  SCCRQ: struct({
    protocolVersion: u16, reserved1: reserved(2),
    framingCapabilities: u32, bearerCapabilities: u32, maximumChannels: u16, firmwareRevision: u16,
    hostName: text(64), vendorString: text(64),
  }),
  /** §2.2 Start-Control-Connection-Reply */
  SCCRP: struct({
    protocolVersion: u16, resultCode: u8, errorCode: u8,
    framingCapabilities: u32, bearerCapabilities: u32, maximumChannels: u16, firmwareRevision: u16,
    hostName: text(64), vendorString: text(64),
  }),
  /** §2.3 Stop-Control-Connection-Request */
  StopCCRQ: struct({ reason: u8, reserved1: reserved(1), reserved2: reserved(2) }),
  /** §2.4 Stop-Control-Connection-Reply */
  StopCCRP: struct({ resultCode: u8, errorCode: u8, reserved1: reserved(2) }),
  /** §2.5 Echo-Request */
  EchoRQ: struct({ identifier: u32 }),
  /** §2.6 Echo-Reply */
  EchoRP: struct({ identifier: u32, resultCode: u8, errorCode: u8, reserved1: reserved(2) }),
  /** §2.7 Outgoing-Call-Request */
  OCRQ: struct({
    callId: u16, callSerialNumber: u16,
    minimumBps: u32, maximumBps: u32, bearerType: u32, framingType: u32,
    packetReceiveWindowSize: u16, packetProcessingDelay: u16,
    phoneNumberLength: u16, reserved1: reserved(2),
    phoneNumber: text(64), subaddress: text(64),
  }),
  /** §2.8 Outgoing-Call-Reply */
  OCRP: struct({
    callId: u16, peersCallId: u16, resultCode: u8, errorCode: u8, causeCode: u16,
    connectSpeed: u32, packetReceiveWindowSize: u16, packetProcessingDelay: u16, physicalChannelId: u32,
  }),
  /** §2.9 Incoming-Call-Request */
  ICRQ: struct({
    callId: u16, callSerialNumber: u16, callBearerType: u32, physicalChannelId: u32,
    dialedNumberLength: u16, dialingNumberLength: u16,
    dialedNumber: text(64), dialingNumber: text(64), subaddress: text(64),
  }),
  /** §2.10 Incoming-Call-Reply */
  ICRP: struct({
    callId: u16, peersCallId: u16, resultCode: u8, errorCode: u8,
    packetReceiveWindowSize: u16, packetTransmitDelay: u16, reserved1: reserved(2),
  }),
  /** §2.11 Incoming-Call-Connected */
  ICCN: struct({
    peersCallId: u16, reserved1: reserved(2), connectSpeed: u32,
    packetReceiveWindowSize: u16, packetTransmitDelay: u16, framingType: u32,
  }),
  /** §2.12 Call-Clear-Request */
  CCRQ: struct({ callId: u16, reserved1: reserved(2) }),
  /** §2.13 Call-Disconnect-Notify */
  CDN: struct({
    callId: u16, resultCode: u8, errorCode: u8, causeCode: u16, reserved1: reserved(2),
    callStatistics: text(128),
  }),
  /** §2.14 WAN-Error-Notify */
  WEN: struct({
    peersCallId: u16, reserved1: reserved(2),
    crcErrors: u32, framingErrors: u32, hardwareOverruns: u32, bufferOverruns: u32, timeOutErrors: u32, alignmentErrors: u32,
  }),
  /** §2.15 Set-Link-Info */
  SLI: struct({ peersCallId: u16, reserved1: reserved(2), sendAccm: u32, receiveAccm: u32 }),
};

type Bodies = typeof bodies;
export type ControlMessageType = keyof Bodies;
type Body<K extends ControlMessageType> = Bodies[K] extends Struct<infer T> ? T : never;

/** One control message without its header; reserved fields are not kept. */
export type ControlMessage = {
  [K in ControlMessageType]: { readonly type: K } & Body<K>;
}[ControlMessageType];

/** In the order of the RFC's control message types, which begin with 1. */
export const controlMessageTypes = Object.keys(bodies) as readonly ControlMessageType[];

/** Octets of the longest control message. */
export const LongestMessage = HeaderLength + Math.max(...Object.values(bodies).map((body) => body.size));

/** Octets of a whole message of this type, header included. */
export function messageLength(type: ControlMessageType): number {
  return HeaderLength + bodies[type].size;
}

/** `octets` are at least the header; throws MalformedPacket when they are fewer. */
export function decodeControlHeader(octets: Uint8Array): ControlHeader {
  return header.read(new Reader(octets, 'pptp'));
}

/**
 * One whole control message, no octet more or less (CC-1).
 * Throws MalformedPacket: truncated, magic_cookie, pptp_message_type, control_message_type, length.
 */
export function decodeControlMessage(octets: Uint8Array): ControlMessage {
  const reader = new Reader(octets, 'pptp');
  const head = header.read(reader);
  const type = judgeControlHeader(head);
  if (head.length > octets.length) throw new MalformedPacket('pptp', 'truncated');
  if (head.length !== octets.length) throw new MalformedPacket('pptp', 'length');
  return { type, ...bodies[type].read(reader) } as ControlMessage;
}

/** The control message's type; throws MalformedPacket when header and length do not fit one of the fifteen (CC-1). */
export function judgeControlHeader(head: ControlHeader): ControlMessageType {
  if (head.magicCookie !== MagicCookie) throw new MalformedPacket('pptp', 'magic_cookie');
  if (head.pptpMessageType !== PptpMessageTypeControl) throw new MalformedPacket('pptp', 'pptp_message_type');
  const type = controlMessageTypes[head.controlMessageType - 1];
  if (type === undefined) throw new MalformedPacket('pptp', 'control_message_type');
  if (head.length !== messageLength(type)) throw new MalformedPacket('pptp', 'length');
  return type;
}

export function encodeControlMessage(message: ControlMessage): Uint8Array {
  const length = messageLength(message.type);
  const writer = new Writer(length);
  const controlMessageType = controlMessageTypes.indexOf(message.type) + 1;
  header.write(writer, {
    length,
    pptpMessageType: PptpMessageTypeControl,
    magicCookie: MagicCookie,
    controlMessageType,
  });
  (bodies[message.type] as Struct<ControlMessage>).write(writer, message);
  return writer.finish();
}

/** `CCRQ callId=7`: every field in wire order; text is quoted and escaped to printable ASCII. */
export function describeControlMessage(message: ControlMessage): string {
  const record: Readonly<Record<string, unknown>> = message;
  const fields = bodies[message.type].names.map((name) => `${name}=${describeValue(record[name])}`);
  return [message.type, ...fields].join(' ');
}

function describeValue(value: unknown): string {
  if (typeof value !== 'string') return String(value);
  const printable = value.replace(
    /[^\x20-\x7e]|["\\]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
  return `"${printable}"`;
}
