// The probe's control connection: TCP to port 1723 around the sans-IO ControlClient (RFC 2637 §3, the PNS's end).
import { connect, type Socket } from 'node:net';
import type { Expirable } from '../gateway/expiry-timer.ts';
import { ControlClient, type ControlClientOutput } from '../protocol/pptp/control-client.ts';
import { StepFailed, tcpFailure } from './failure.ts';

/** RFC 2637 §1.4.1. */
const PptpPort = 1723;
const ReceiveWindow = 64;

/** @throws StepFailed */
export function connectTcp(address: string, patience: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port: PptpPort, family: 4, noDelay: true });
    const timer = setTimeout(() => fail(new StepFailed('tcp_timeout')), patience);
    const fail = (failure: StepFailed) => {
      clearTimeout(timer);
      socket.destroy();
      reject(failure);
    };
    const failConnecting = (error: NodeJS.ErrnoException) => fail(tcpFailure(error.code ?? error.message));
    socket.once('error', failConnecting);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', failConnecting);
      resolve(socket);
    });
  });
}

export interface ControlDialogueOptions {
  readonly socket: Socket;
  readonly callId: number;
  readonly clock: () => number;
  /** Everything but bytes. */
  readonly said: (output: ControlClientOutput) => void;
  readonly touched: (member: Expirable) => void;
}

export class ControlDialogue implements Expirable {
  readonly #options: ControlDialogueOptions;
  readonly #client: ControlClient;

  constructor(options: ControlDialogueOptions) {
    this.#options = options;
    this.#client = new ControlClient({
      hostName: 'vpn-operator-probe',
      vendorString: 'vpn-operator',
      callId: options.callId,
      receiveWindow: ReceiveWindow,
    });
    const { socket, clock } = options;
    socket.on('data', (bytes) => this.#carryOut(this.#client.receive(bytes, clock())));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#carryOut(this.#client.lost()));
  }

  get deadline(): number {
    return this.#client.deadline;
  }

  expire(now: number): void {
    this.#carryOut(this.#client.expire(now));
  }

  open(): void {
    this.#carryOut(this.#client.open(this.#options.clock()));
  }

  /** The polite end; 'close' follows. */
  clearCall(): void {
    this.#carryOut(this.#client.clearCall(this.#options.clock()));
  }

  destroy(): void {
    this.#options.socket.destroy();
  }

  #carryOut(outputs: readonly ControlClientOutput[]): void {
    const { socket, said, touched } = this.#options;
    for (const output of outputs) {
      if (output.type === 'transmit') socket.write(output.bytes);
      else {
        if (output.type === 'close') socket.destroySoon();
        said(output);
      }
    }
    touched(this);
  }
}
