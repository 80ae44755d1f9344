// Control messages (RFC 2637 §2) for tests: all fields zero unless said otherwise, and the notation of the transcripts,
// `OCRQ callId=7 phoneNumber="110"`, which is what describeControlMessage prints.
import {
  type ControlMessage,
  type ControlMessageType,
  controlMessageTypes,
  decodeControlMessage,
  encodeControlMessage,
  messageLength,
} from '../../src/protocol/pptp/messages.ts';

type Of<T extends ControlMessageType> = Extract<ControlMessage, { type: T }>;

export function controlMessage<T extends ControlMessageType>(type: T, fields: Partial<Of<T>> = {}): Of<T> {
  return { ...decodeControlMessage(zeroOctets(type)), ...fields } as Of<T>;
}

export function controlOctets<T extends ControlMessageType>(
  type: T,
  fields: Partial<Of<T>> = {},
): Uint8Array {
  return encodeControlMessage(controlMessage(type, fields));
}

/** The protocol version is 1.0 where a message has one. */
function zeroOctets(type: ControlMessageType): Uint8Array {
  const octets = new Uint8Array(messageLength(type));
  const number = controlMessageTypes.indexOf(type) + 1;
  octets.set([octets.length >> 8, octets.length & 0xff, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, number]);
  if (type === 'SCCRQ' || type === 'SCCRP') octets[12] = 1;
  return octets;
}

export function parseControlMessage(text: string): ControlMessage {
  const [type = ''] = text.split(' ', 1);
  if (!(controlMessageTypes as readonly string[]).includes(type))
    throw new Error(`no control message: ${text}`);
  const message: Record<string, unknown> = controlMessage(type as ControlMessageType);
  for (const [, name = '', quoted, number] of text
    .slice(type.length)
    .matchAll(/ (\w+)=(?:"([^"]*)"|(\S+))/g)) {
    if (!(name in message)) throw new Error(`${type} has no field ${name}`);
    message[name] = quoted ?? Number(number);
  }
  return message as unknown as ControlMessage;
}
