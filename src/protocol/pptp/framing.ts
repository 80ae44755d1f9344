// Cuts the TCP stream of a control connection into messages (CC-1). Holds at most one message; every turn of the loop
// takes at least one octet or breaks the stream for good. Answers nothing.
import { MalformedPacket } from '../bytes/malformed.ts';
import {
  type ControlMessage,
  decodeControlHeader,
  decodeControlMessage,
  HeaderLength,
  judgeControlHeader,
  LongestMessage,
  MagicCookie,
  PptpMessageTypeControl,
} from './messages.ts';

export type Framed =
  | { readonly type: 'message'; readonly message: ControlMessage }
  /** Not a control message (RFC 2637 §2: Management); nobody has defined one. */
  | { readonly type: 'ignored' }
  /** Where the next message begins can no longer be known: nothing further is read. */
  | { readonly type: 'broken'; readonly reason: string };

export class Framing {
  readonly #buffer = new Uint8Array(LongestMessage);
  #filled = 0;
  /** Octets the buffer must hold before the next step: the header first, then the whole message. */
  #needed = HeaderLength;
  #broken = false;

  receive(octets: Uint8Array): Framed[] {
    const framed: Framed[] = [];
    let taken = 0;
    while (taken < octets.length && !this.#broken) {
      taken += this.#fill(octets.subarray(taken));
      if (this.#filled < this.#needed) break;
      try {
        this.#step(framed);
      } catch (error) {
        if (!(error instanceof MalformedPacket)) throw error;
        this.#broken = true;
        framed.push({ type: 'broken', reason: error.reason });
      }
    }
    return framed;
  }

  #fill(octets: Uint8Array): number {
    const part = octets.subarray(0, this.#needed - this.#filled);
    this.#buffer.set(part, this.#filled);
    this.#filled += part.length;
    return part.length;
  }

  #step(framed: Framed[]): void {
    if (this.#filled === HeaderLength) this.#needed = judgeLength(this.#buffer);
    if (this.#filled < this.#needed) return;
    const octets = this.#buffer.subarray(0, this.#filled);
    this.#filled = 0;
    this.#needed = HeaderLength;
    const isControl = decodeControlHeader(octets).pptpMessageType === PptpMessageTypeControl;
    framed.push(isControl ? { type: 'message', message: decodeControlMessage(octets) } : { type: 'ignored' });
  }
}

/** The header decides how much is read: a length that fits no message must not make us wait for it. */
function judgeLength(octets: Uint8Array): number {
  const header = decodeControlHeader(octets);
  if (header.pptpMessageType === PptpMessageTypeControl) judgeControlHeader(header);
  if (header.magicCookie !== MagicCookie) throw new MalformedPacket('pptp', 'magic_cookie');
  if (header.length < HeaderLength || header.length > LongestMessage)
    throw new MalformedPacket('pptp', 'length');
  return header.length;
}
