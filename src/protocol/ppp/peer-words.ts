// What a peer says about itself in LCP: the text of Identification and the reason of a Terminate-Request, made printable.
import type { ControlPacket } from './control-packet.ts';

/** Longer texts add nothing to a log line. */
const MaximumText = 64;
const MagicLength = 4;
/** Windows writes magic number, this signature and an error code into its Terminate-Request (seen in every version). */
const windowsSignature = [0x00, 0x3c, 0xcd, 0x74];

/** RFC 1570 §2.1: a magic number, then text. */
export function identificationText(packet: ControlPacket): string {
  return printable(packet.data.subarray(MagicLength));
}

/** One clause: what the peer gave as its reason. */
export function terminateReason(packet: ControlPacket): string {
  if (isFromWindows(packet)) {
    const code = new DataView(packet.data.buffer, packet.data.byteOffset + 8).getUint32(0);
    return code === 0 ? 'the client hung up' : `the client ended the link with Windows error ${code}`;
  }
  const text = printable(packet.data);
  return text === '' ? 'the client hung up' : `the client ended the link: "${text}"`;
}

/** The sender's magic number, where the Terminate-Request is known to hold one (LCP-10). */
export function terminateMagicNumber(packet: ControlPacket): number | undefined {
  if (!isFromWindows(packet)) return undefined;
  return new DataView(packet.data.buffer, packet.data.byteOffset).getUint32(0);
}

function isFromWindows({ data }: ControlPacket): boolean {
  return data.length >= 12 && windowsSignature.every((byte, index) => data[MagicLength + index] === byte);
}

function printable(bytes: Uint8Array): string {
  const text = Array.from(bytes.subarray(0, MaximumText), (byte) => String.fromCharCode(byte));
  return text.map((character) => (/[ -~]/.test(character) ? character : '?')).join('');
}
