// The PNS's end of a control connection (RFC 2637 §3.1, §3.2) for a probe: start it, place one call, clear it.
// Answers Echo-Requests and sends none: a probe is over long before the connection falls silent for 60 s.
import type { Call, CallEndReason, ControlCloseReason, ControlOutput } from './control-output.ts';
import { Framing } from './framing.ts';
import { type ControlMessage, ProtocolVersion } from './messages.ts';
import { Outbox } from './outbox.ts';

/** How long the server may take for each answer. Our choice: longer than a bad path, shorter than a user's patience. */
const AnswerTime = 10_000;
/** The same for the polite end, which nobody waits for gladly. */
const FarewellTime = 3_000;

/** Framing and bearer types: either (RFC 2637 §2.1, §2.7). */
const Any = 3;
/** Bits per second a client without a line is content with; the values Windows sends (RFC 2637 §2.7). */
const MinimumBps = 300;
const MaximumBps = 100_000_000;

/** What kept the call from coming up; comes once, before the close. */
export interface ControlFailure {
  readonly step: 'start' | 'call';
  readonly cause: 'refused' | 'timeout' | 'version' | 'malformed' | 'stopped' | 'lost';
  /** Of the refusing reply (RFC 2637 §2.2, §2.8, §2.16); 0 where there was none. */
  readonly resultCode: number;
  readonly errorCode: number;
}

export type ControlClientOutput =
  | ControlOutput
  | { readonly type: 'failed'; readonly failure: ControlFailure };

export interface ControlClientOptions {
  readonly hostName: string;
  readonly vendorString: string;
  /** Ours: the server's GRE carries it. */
  readonly callId: number;
  /** Packets we take without acknowledging. */
  readonly receiveWindow: number;
}

type State = 'Dead' | 'Starting' | 'Calling' | 'Up' | 'Clearing' | 'Stopping' | 'Closed';

export class ControlClient {
  readonly #options: ControlClientOptions;
  readonly #framing = new Framing();
  readonly #outbox = new Outbox<ControlClientOutput>();
  #state: State = 'Dead';
  #deadline = Number.POSITIVE_INFINITY;

  constructor(options: ControlClientOptions) {
    this.#options = options;
  }

  /** Monotonic ms; Infinity when nothing is awaited. */
  get deadline(): number {
    return this.#deadline;
  }

  /** TCP is connected. */
  open(now: number): ControlClientOutput[] {
    this.#enter('Starting', now + AnswerTime);
    this.#outbox.transmit(startRequest(this.#options));
    return this.#outbox.drain();
  }

  /** Bytes of the TCP stream, cut anywhere. */
  receive(bytes: Uint8Array, now: number): ControlClientOutput[] {
    for (const framed of this.#framing.receive(bytes)) {
      if (this.#state === 'Closed') break;
      if (framed.type === 'message') this.#receiveMessage(framed.message, now);
      else if (framed.type === 'ignored') this.#outbox.discard('management_message');
      else this.#fail('malformed', 'malformed', framed.reason);
    }
    return this.#outbox.drain();
  }

  expire(now: number): ControlClientOutput[] {
    if (now < this.#deadline) return [];
    if (this.#state === 'Clearing') this.#stop('cleared', now);
    else if (this.#state === 'Stopping')
      this.#close('stop_timeout', 'no Stop-Control-Connection-Reply in time');
    else this.#fail('timeout', 'no_answer', 'no reply in time');
    return this.#outbox.drain();
  }

  /** Call-Clear-Request, then Stop-Control-Connection-Request, then the close. */
  clearCall(now: number): ControlClientOutput[] {
    if (this.#state !== 'Up') return [];
    this.#outbox.transmit({ type: 'CCRQ', callId: this.#options.callId });
    this.#enter('Clearing', now + FarewellTime);
    return this.#outbox.drain();
  }

  /** TCP is gone, whoever closed it. */
  lost(): ControlClientOutput[] {
    if (this.#state !== 'Closed') this.#fail('lost', 'lost', 'TCP closed');
    return this.#outbox.drain();
  }

  #receiveMessage(message: ControlMessage, now: number): void {
    if (message.type === 'EchoRQ') {
      this.#outbox.transmit({ type: 'EchoRP', identifier: message.identifier, resultCode: 1, errorCode: 0 });
    } else if (message.type === 'StopCCRQ') {
      this.#outbox.transmit({ type: 'StopCCRP', resultCode: 1, errorCode: 0 });
      this.#fail('stopped', 'stopped_by_peer', 'Stop-Control-Connection-Request');
    } else if (message.type === 'SCCRP' && this.#state === 'Starting') this.#started(message, now);
    else if (message.type === 'OCRP' && this.#state === 'Calling') this.#called(message);
    else if (message.type === 'CDN' && this.#isUp()) this.#disconnected(now);
    else if (message.type === 'StopCCRP' && this.#state === 'Stopping') this.#close('stopped', message.type);
    else this.#outbox.discard('unexpected_message');
  }

  #started(reply: Extract<ControlMessage, { type: 'SCCRP' }>, now: number): void {
    if (!isAccepted(reply.resultCode)) {
      this.#fail('refused', 'refused', 'start', reply);
    } else if (reply.protocolVersion >> 8 !== ProtocolVersion >> 8) {
      this.#fail('version', 'version_not_supported', String(reply.protocolVersion));
    } else {
      const { hostName, vendorString, firmwareRevision } = reply;
      this.#outbox.push({ type: 'established', peer: { hostName, vendorString, firmwareRevision } });
      this.#outbox.transmit(callRequest(this.#options));
      this.#enter('Calling', now + AnswerTime);
    }
  }

  #called(reply: Extract<ControlMessage, { type: 'OCRP' }>): void {
    if (reply.peersCallId !== this.#options.callId) this.#outbox.discard('unknown_call');
    else if (!isAccepted(reply.resultCode)) this.#fail('refused', 'refused', 'call', reply);
    else {
      this.#enter('Up', Number.POSITIVE_INFINITY);
      this.#outbox.push({ type: 'call', call: callOf(reply) });
    }
  }

  /** One call a connection: a CDN can mean no other, and some servers put the wrong id in it (CC-6). */
  #disconnected(now: number): void {
    this.#stop(this.#state === 'Clearing' ? 'cleared' : 'call_disconnect_notify', now);
  }

  #stop(reason: CallEndReason, now: number): void {
    this.#outbox.push({ type: 'callEnd', reason });
    this.#enter('Stopping', now + FarewellTime);
    this.#outbox.transmit({ type: 'StopCCRQ', reason: 1 });
  }

  #isUp(): boolean {
    return this.#state === 'Up' || this.#state === 'Clearing';
  }

  #fail(
    cause: ControlFailure['cause'],
    closeReason: ControlCloseReason,
    detail: string,
    { resultCode, errorCode } = { resultCode: 0, errorCode: 0 },
  ): void {
    if (this.#isUp()) {
      const reason = cause === 'stopped' ? 'control_connection_stopped' : 'control_connection_closed';
      this.#outbox.push({ type: 'callEnd', reason });
    } else if (this.#state === 'Starting' || this.#state === 'Calling') {
      const step = this.#state === 'Starting' ? 'start' : 'call';
      this.#outbox.push({ type: 'failed', failure: { step, cause, resultCode, errorCode } });
    }
    this.#close(closeReason, detail);
  }

  #close(reason: ControlCloseReason, detail: string): void {
    this.#outbox.push({ type: 'close', reason, detail });
    this.#enter('Closed', Number.POSITIVE_INFINITY);
  }

  #enter(state: State, deadline: number): void {
    this.#state = state;
    this.#deadline = deadline;
  }
}

/** CC-2: 1 is OK, and some servers send 0. */
function isAccepted(resultCode: number): boolean {
  return resultCode <= 1;
}

function callOf(reply: Extract<ControlMessage, { type: 'OCRP' }>): Call {
  const { callId, peersCallId, packetReceiveWindowSize } = reply;
  return { callId: peersCallId, peersCallId: callId, peersReceiveWindow: packetReceiveWindowSize };
}

function startRequest({ hostName, vendorString }: ControlClientOptions): ControlMessage {
  return {
    type: 'SCCRQ',
    protocolVersion: ProtocolVersion,
    framingCapabilities: Any,
    bearerCapabilities: Any,
    maximumChannels: 0,
    firmwareRevision: 1,
    hostName,
    vendorString,
  };
}

function callRequest({ callId, receiveWindow }: ControlClientOptions): ControlMessage {
  return {
    type: 'OCRQ',
    callId,
    callSerialNumber: 1,
    minimumBps: MinimumBps,
    maximumBps: MaximumBps,
    bearerType: Any,
    framingType: Any,
    packetReceiveWindowSize: receiveWindow,
    packetProcessingDelay: 0,
    phoneNumberLength: 0,
    phoneNumber: '',
    subaddress: '',
  };
}
