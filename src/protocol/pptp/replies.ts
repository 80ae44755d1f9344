// What this PAC says of itself and its calls: the fields of its replies that do not depend on the connection's state
// (RFC 2637 §2.2, §2.8, §2.10, §2.13).
import { type ControlMessage, ProtocolVersion } from './messages.ts';

/** Result codes of the Start-Control-Connection-Reply (RFC 2637 §2.2). */
export const StartResult = { established: 1, alreadyExists: 3, versionNotSupported: 5 } as const;

/** Framing: asynchronous 1, synchronous 2; bearer: analog 1, digital 2 (RFC 2637 §2.1). */
const AnyFraming = 3;
const AnyBearer = 3;

const VendorString = 'vpn-operator';
const FirmwareRevision = 1;
/** Calls of one control connection. */
const MaximumChannels = 1;

/** RFC 2637 §2.8: the line's speed in bit/s, which some clients show to their user. There is no line. */
const ConnectSpeed = 100_000_000;

/** Outgoing-Call-Reply (RFC 2637 §2.8). */
const Connected = 1;
const GeneralError = 2;
/** Incoming-Call-Reply (RFC 2637 §2.10). */
const DoNotAccept = 3;

/** General error codes (RFC 2637 §2.16). */
const NoResource = 4;

export function startReply(hostName: string, resultCode: number): ControlMessage {
  return {
    type: 'SCCRP',
    protocolVersion: ProtocolVersion,
    resultCode,
    errorCode: 0,
    framingCapabilities: AnyFraming,
    bearerCapabilities: AnyBearer,
    maximumChannels: MaximumChannels,
    firmwareRevision: FirmwareRevision,
    hostName,
    vendorString: VendorString,
  };
}

export function callReply(callId: number, peersCallId: number, receiveWindow: number): ControlMessage {
  return {
    type: 'OCRP',
    callId,
    peersCallId,
    resultCode: Connected,
    errorCode: 0,
    causeCode: 0,
    connectSpeed: ConnectSpeed,
    packetReceiveWindowSize: receiveWindow,
    packetProcessingDelay: 0,
    physicalChannelId: 0,
  };
}

/** No room for this call; one that is up is not touched. */
export function callRefusal(peersCallId: number): ControlMessage {
  return {
    type: 'OCRP',
    callId: 0,
    peersCallId,
    resultCode: GeneralError,
    errorCode: NoResource,
    causeCode: 0,
    connectSpeed: 0,
    packetReceiveWindowSize: 0,
    packetProcessingDelay: 0,
    physicalChannelId: 0,
  };
}

/** Calls come from clients only: an Incoming-Call-Request is a PAC's to send, and that is us (CC-3). */
export function incomingCallRefusal(peersCallId: number): ControlMessage {
  return {
    type: 'ICRP',
    callId: 0,
    peersCallId,
    resultCode: DoNotAccept,
    errorCode: 0,
    packetReceiveWindowSize: 0,
    packetTransmitDelay: 0,
  };
}

/** `callId` is the PAC's own id, unlike that of the Call-Clear-Request it may answer (CC-6). */
export function disconnectNotify(callId: number, resultCode: number): ControlMessage {
  return { type: 'CDN', callId, resultCode, errorCode: 0, causeCode: 0, callStatistics: '' };
}
