// What the two ends of a control connection (RFC 2637 §3) ask of whoever owns the TCP connection.
// One input, then carry out every output in order, then the next input.

export interface Call {
  /** Ours: the client's GRE carries it. Never 0 (CC-5). */
  readonly callId: number;
  /** The client's: our GRE carries it. 0 is legal (CC-5). */
  readonly peersCallId: number;
  /** Packets the client takes without an acknowledgment (CC-4). */
  readonly peersReceiveWindow: number;
}

export type CallEndReason =
  | 'call_clear_request'
  | 'call_disconnect_notify'
  | 'cleared' // by clearCall() or stop()
  | 'control_connection_stopped' // by the peer
  | 'control_connection_closed'; // TCP lost, or closed for its ControlCloseReason

export type ControlCloseReason =
  | 'malformed'
  | 'start_timeout'
  | 'not_started'
  | 'version_not_supported'
  | 'echo_timeout'
  | 'stopped_by_peer'
  | 'stopped'
  | 'stop_timeout'
  | 'refused' // the client's end only, as the next two
  | 'no_answer'
  | 'lost';

export interface Peer {
  readonly hostName: string;
  readonly vendorString: string;
  readonly firmwareRevision: number;
}

export type ControlOutput =
  | { readonly type: 'transmit'; readonly bytes: Uint8Array }
  /** A call is up; its Outgoing-Call-Reply is the transmit just before. */
  | { readonly type: 'call'; readonly call: Call }
  /** Comes exactly once for each call, whoever ended it. */
  | { readonly type: 'callEnd'; readonly reason: CallEndReason }
  | { readonly type: 'established'; readonly peer: Peer }
  | { readonly type: 'discarded'; readonly reason: string }
  /** Close TCP once all that was transmitted before has been written. Nothing follows. */
  | { readonly type: 'close'; readonly reason: ControlCloseReason; readonly detail: string };
