// The PAC's end of a control connection (RFC 2637 §3.1, §3.2): one TCP connection, at most one call, always the
// client's (CC-3). Cuts nothing and opens no socket; what the call carries is GRE and belongs to others.
import type { Call, CallEndReason, ControlCloseReason, ControlOutput } from './control-output.ts';
import { Framing } from './framing.ts';
import type { ControlMessage } from './messages.ts';
import { Outbox } from './outbox.ts';
import {
  callRefusal,
  callReply,
  disconnectNotify,
  incomingCallRefusal,
  StartResult,
  startReply,
} from './replies.ts';

/** From TCP's accept to the whole Start-Control-Connection-Request. Our choice: an honest client needs one round trip. */
const StartTime = 5_000;
/** RFC 2637 §3.1.4: silence after which we ask, and how long an answer may take. */
const EchoTime = 60_000;
/** How long the peer may take to answer our Stop-Control-Connection-Request. Our choice; the RFC says 60 s. */
const StopTime = 3_000;

/** Call-Disconnect-Notify result codes (RFC 2637 §2.13). */
const ClearedOnRequest = 4;
const AdminShutdown = 3;

export interface ControlConnectionOptions {
  /** What the Start-Control-Connection-Reply says of us; at most 64 octets. */
  readonly hostName: string;
  /** Packets we take without acknowledging, announced to the client. */
  readonly receiveWindow: number;
  /** A free random id, never 0 (CC-5); undefined when there is no room for another call. */
  readonly allotCallId: () => number | undefined;
  readonly now: number;
}

export type { Call, ControlOutput };

type State = 'Idle' | 'Established' | 'Stopping' | 'Closed';

export class ControlConnection {
  readonly #options: ControlConnectionOptions;
  readonly #framing = new Framing();
  readonly #outbox = new Outbox<ControlOutput>();
  #state: State = 'Idle';
  #call: Call | undefined;
  #echoPending = false;
  #echoIdentifier = 0;
  #deadline: number;

  constructor(options: ControlConnectionOptions) {
    this.#options = options;
    this.#deadline = options.now + StartTime;
  }

  /** Monotonic ms; Infinity once closed. */
  get deadline(): number {
    return this.#deadline;
  }

  /** Bytes of the TCP stream, cut anywhere. */
  receive(bytes: Uint8Array, now: number): ControlOutput[] {
    for (const framed of this.#framing.receive(bytes)) {
      if (this.#state === 'Closed') break;
      if (framed.type === 'broken') this.#close('malformed', framed.reason);
      else if (framed.type === 'ignored') this.#outbox.discard('management_message');
      else this.#receiveMessage(framed.message, now);
    }
    return this.#outbox.drain();
  }

  expire(now: number): ControlOutput[] {
    if (now < this.#deadline || this.#state === 'Closed') return [];
    if (this.#state === 'Idle') this.#close('start_timeout', 'no Start-Control-Connection-Request in time');
    else if (this.#state === 'Stopping')
      this.#close('stop_timeout', 'no Stop-Control-Connection-Reply in time');
    else if (this.#echoPending) this.#close('echo_timeout', 'no Echo-Reply in time');
    else this.#askEcho(now);
    return this.#outbox.drain();
  }

  /** Call-Disconnect-Notify with `resultCode` of RFC 2637 §2.13: 1 Lost Carrier, 3 Admin Shutdown, 4 Request. */
  clearCall(resultCode: number, _now: number): ControlOutput[] {
    this.#disconnect(resultCode, 'cleared');
    return this.#outbox.drain();
  }

  /** Stop-Control-Connection-Request with `reason` of §2.3: 1 none, 2 protocol, 3 local shutdown; ends a call first. */
  stop(reason: number, now: number): ControlOutput[] {
    if (this.#state === 'Idle') this.#close('stopped', 'before the start');
    if (this.#state !== 'Established') return this.#outbox.drain();
    this.#disconnect(AdminShutdown, 'cleared');
    this.#outbox.transmit({ type: 'StopCCRQ', reason });
    this.#state = 'Stopping';
    this.#deadline = now + StopTime;
    return this.#outbox.drain();
  }

  /** TCP is gone, whoever closed it. */
  lost(): ControlOutput[] {
    this.#endCall('control_connection_closed');
    this.#state = 'Closed';
    this.#deadline = Number.POSITIVE_INFINITY;
    return this.#outbox.drain();
  }

  #receiveMessage(message: ControlMessage, now: number): void {
    if (message.type === 'EchoRQ') this.#answerEcho(message.identifier, now);
    else if (message.type === 'StopCCRQ') this.#stopForPeer();
    else if (this.#state === 'Idle') this.#start(message, now);
    else if (this.#state === 'Stopping') this.#finishStopping(message);
    else this.#serve(message, now);
  }

  /** CC-10: also before the start and without a call. */
  #answerEcho(identifier: number, now: number): void {
    this.#outbox.transmit({ type: 'EchoRP', identifier, resultCode: 1, errorCode: 0 });
    if (this.#state === 'Established') this.#hear(now);
  }

  #stopForPeer(): void {
    this.#outbox.transmit({ type: 'StopCCRP', resultCode: 1, errorCode: 0 });
    this.#endCall('control_connection_stopped');
    this.#close('stopped_by_peer', 'Stop-Control-Connection-Request');
  }

  #start(message: ControlMessage, now: number): void {
    if (message.type !== 'SCCRQ') {
      this.#close('not_started', message.type);
    } else if (message.protocolVersion >> 8 !== 1) {
      this.#replyToStart(StartResult.versionNotSupported);
      this.#close('version_not_supported', String(message.protocolVersion));
    } else {
      // A later revision of version 1 is the peer's to step back from: our reply says 1.0 (RFC 2637 §3.1.1).
      this.#state = 'Established';
      this.#hear(now);
      this.#replyToStart(StartResult.established);
      const { hostName, vendorString, firmwareRevision } = message;
      this.#outbox.push({ type: 'established', peer: { hostName, vendorString, firmwareRevision } });
    }
  }

  #finishStopping(message: ControlMessage): void {
    if (message.type === 'StopCCRP') this.#close('stopped', 'Stop-Control-Connection-Reply');
    else this.#outbox.discard('stopping');
  }

  #serve(message: Exclude<ControlMessage, { type: 'EchoRQ' | 'StopCCRQ' }>, now: number): void {
    this.#hear(now);
    switch (message.type) {
      case 'SCCRQ': // CC-11
        this.#replyToStart(StartResult.alreadyExists);
        break;
      case 'OCRQ':
        this.#openCall(message.callId, message.packetReceiveWindowSize);
        break;
      case 'CCRQ':
        this.#clearForPeer(message.callId);
        break;
      case 'CDN':
        this.#endForPeer(message.callId);
        break;
      case 'ICRQ':
        this.#outbox.transmit(incomingCallRefusal(message.callId));
        break;
      case 'EchoRP': // whatever its identifier: hear() took it for the sign of life it is
      case 'WEN': // CC-9
      case 'SLI': // CC-8: neither its ACCM nor its call id means anything here
        break;
      default:
        message.type satisfies 'SCCRP' | 'StopCCRP' | 'OCRP' | 'ICRP' | 'ICCN';
        this.#outbox.discard('unexpected_message');
    }
  }

  #replyToStart(resultCode: number): void {
    this.#outbox.transmit(startReply(this.#options.hostName, resultCode));
  }

  #openCall(peersCallId: number, peersReceiveWindow: number): void {
    const callId = this.#call === undefined ? this.#options.allotCallId() : undefined;
    if (callId === undefined) {
      this.#outbox.transmit(callRefusal(peersCallId));
      return;
    }
    this.#call = { callId, peersCallId, peersReceiveWindow };
    this.#outbox.transmit(callReply(callId, peersCallId, this.#options.receiveWindow));
    this.#outbox.push({ type: 'call', call: this.#call });
  }

  /** CC-6, CC-7. An id that is not the call's may belong to one we refused, and must not end the one that is up. */
  #clearForPeer(peersCallId: number): void {
    if (this.#call?.peersCallId === peersCallId) this.#disconnect(ClearedOnRequest, 'call_clear_request');
    else this.#outbox.discard('unknown_call');
  }

  /** A client has no cause to send one; the id may be its own or, where the roles are confused, ours. */
  #endForPeer(id: number): void {
    if (this.#call?.peersCallId === id || this.#call?.callId === id) this.#endCall('call_disconnect_notify');
    else this.#outbox.discard('unknown_call');
  }

  #disconnect(resultCode: number, reason: CallEndReason): void {
    if (this.#call === undefined) return;
    this.#outbox.transmit(disconnectNotify(this.#call.callId, resultCode));
    this.#endCall(reason);
  }

  #endCall(reason: CallEndReason): void {
    if (this.#call === undefined) return;
    this.#call = undefined;
    this.#outbox.push({ type: 'callEnd', reason });
  }

  /** Any whole message shows that the peer lives, and is as good as the Echo-Reply we may be waiting for. */
  #hear(now: number): void {
    this.#echoPending = false;
    this.#deadline = now + EchoTime;
  }

  #askEcho(now: number): void {
    this.#echoPending = true;
    this.#echoIdentifier = (this.#echoIdentifier + 1) >>> 0;
    this.#outbox.transmit({ type: 'EchoRQ', identifier: this.#echoIdentifier });
    this.#deadline = now + EchoTime;
  }

  #close(reason: ControlCloseReason, detail: string): void {
    this.#endCall('control_connection_closed');
    this.#outbox.push({ type: 'close', reason, detail });
    this.#state = 'Closed';
    this.#deadline = Number.POSITIVE_INFINITY;
  }
}
