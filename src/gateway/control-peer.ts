// One TCP connection on port 1723: carries bytes between the socket and the sans-IO control connection (RFC 2637 §2).
import type { Socket } from 'node:net';
import { type Call, ControlConnection, type ControlOutput } from '../protocol/pptp/control-connection.ts';
import type { Ticket } from './admission.ts';
import type { Expirable } from './expiry-timer.ts';

/** What a peer that reads nothing may make us hold (CC-13). */
const LongestQueue = 16 * 1024;

/** Calls of one connection, one after the other (CC-14): a client that redials has a reason for a few. */
const MostCalls = 16;

/** After its call ended a client has this long to close the connection itself. */
const LingerAfterCall = 2_000;

export interface ControlPeerOwner {
  clock(): number;
  allotCallId(): number | undefined;
  callOpened(peer: ControlPeer, call: Call, now: number): void;
  callEnded(peer: ControlPeer, reason: string, now: number): void;
  discarded(reason: string): void;
  /** Something threw that never should. */
  faulted(error: unknown): void;
  closed(peer: ControlPeer, now: number): void;
  touched(peer: ControlPeer): void;
}

export class ControlPeer implements Expirable {
  readonly localAddress: number;
  readonly peerAddress: number;
  /** Its place among those who wait for authentication. */
  readonly ticket: Ticket;
  readonly #socket: Socket;
  readonly #owner: ControlPeerOwner;
  readonly #control: ControlConnection;
  #authenticateBy: number;
  #lingerUntil = Number.POSITIVE_INFINITY;
  #callUp = false;
  #callsLeft = MostCalls;
  #open = true;

  constructor(
    socket: Socket,
    addresses: { local: number; peer: number },
    ticket: Ticket,
    owner: ControlPeerOwner,
  ) {
    this.localAddress = addresses.local;
    this.peerAddress = addresses.peer;
    this.ticket = ticket;
    this.#authenticateBy = ticket.authenticateBy;
    this.#socket = socket;
    this.#owner = owner;
    this.#control = new ControlConnection({
      hostName: 'vpn-operator',
      receiveWindow: 64,
      allotCallId: () => (this.#callsLeft-- > 0 ? owner.allotCallId() : undefined),
      now: owner.clock(),
    });
    socket.setNoDelay();
    socket.on('data', (bytes) => this.#receive(bytes));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#closed());
  }

  get deadline(): number {
    return Math.min(this.#control.deadline, this.#authenticateBy, this.#lingerUntil);
  }

  expire(now: number): void {
    if (now >= this.#authenticateBy || now >= this.#lingerUntil) this.destroy();
    else this.#carryOut(this.#control.expire(now), now);
  }

  /** A user logged in: the connection may stay. */
  authenticated(): void {
    this.#authenticateBy = Number.POSITIVE_INFINITY;
  }

  /** Call-Disconnect-Notify (RFC 2637 §2.13). */
  clearCall(resultCode: number, now: number): void {
    this.#carryOut(this.#control.clearCall(resultCode, now), now);
  }

  /** Stop-Control-Connection-Request (RFC 2637 §2.3); 3 = the server is being shut down. */
  stop(reason: number, now: number): void {
    this.#carryOut(this.#control.stop(reason, now), now);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #receive(bytes: Uint8Array): void {
    const now = this.#owner.clock();
    try {
      this.#carryOut(this.#control.receive(bytes, now), now);
    } catch (error) {
      // A mistake of ours may cost this connection, but no other.
      this.#owner.faulted(error);
      this.destroy();
    }
  }

  #carryOut(outputs: ControlOutput[], now: number): void {
    for (const output of outputs) {
      if (!this.#open) break;
      this.#perform(output, now);
    }
    if (this.#open) this.#owner.touched(this);
  }

  #perform(output: ControlOutput, now: number): void {
    switch (output.type) {
      case 'transmit':
        this.#transmit(output.bytes);
        return;
      case 'call':
        this.#callUp = true;
        this.#lingerUntil = Number.POSITIVE_INFINITY;
        this.#owner.callOpened(this, output.call, now);
        return;
      case 'callEnd':
        this.#endCall(output.reason, now);
        return;
      case 'discarded':
        this.#owner.discarded(output.reason);
        return;
      case 'close':
        this.#socket.destroySoon();
        return;
    }
  }

  #transmit(bytes: Uint8Array): void {
    this.#socket.write(bytes);
    if (this.#socket.writableLength > LongestQueue) this.destroy();
  }

  #endCall(reason: string, now: number): void {
    if (!this.#callUp) return;
    this.#callUp = false;
    this.#lingerUntil = now + LingerAfterCall;
    this.#owner.callEnded(this, reason, now);
  }

  #closed(): void {
    if (!this.#open) return;
    this.#open = false;
    const now = this.#owner.clock();
    this.#endCall('control connection closed', now);
    this.#owner.closed(this, now);
  }
}
