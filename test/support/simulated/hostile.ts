// Clients that mean no good: connections that say little or nothing, read nothing, and GRE for calls that nobody has.
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { openGreSocket } from 'node-tun';
import { formatAddress } from '../../../src/protocol/ip/address.ts';
import { ControlClient } from '../../../src/protocol/pptp/control-client.ts';

export interface HostileRequest {
  readonly server: number;
  readonly count: number;
  readonly firstSource: number;
  /** From one client's source address to the next one's. */
  readonly step: number;
  /** `silent` sends nothing, `drip` one octet of a good message a second, `started` the whole of it and no more, `flood` then asks for echoes and reads nothing. */
  readonly manner: 'silent' | 'drip' | 'started' | 'flood';
}

export interface HostileReport {
  readonly open: number;
  /** How long the closed ones lived, from the call of connect, ms; sorted. */
  readonly lives: number[];
}

export class Hostiles {
  readonly #open = new Set<Socket>();
  readonly #lives: number[] = [];

  /** Resolves when each connection stands or failed. */
  async connect({ server, count, firstSource, step, manner }: HostileRequest): Promise<void> {
    const connections = Array.from({ length: count }, (_, number) => {
      const localAddress = formatAddress(firstSource + number * step);
      return this.#connect(formatAddress(server), localAddress, manner);
    });
    await Promise.all(connections);
  }

  report(): HostileReport {
    return { open: this.#open.size, lives: this.#lives.toSorted((one, other) => one - other) };
  }

  /** Enhanced GRE with random call ids and contents, from `source`. */
  junk({ server, source, packets }: { server: number; source: number; packets: number }): void {
    const memory = new ArrayBuffer(64);
    const gre = openGreSocket({ memory });
    const [one, slotSize] = [Uint32Array.of(0), 64];
    const vector = {
      ...{ capacity: 1, count: 1, slotSize, offsets: one, lengths: Uint32Array.of(48) },
      ...{ addresses: Uint32Array.of(server), errnos: new Int32Array(1) },
    };
    const bytes = new Uint8Array(memory);
    const view = new DataView(memory);
    bytes.set([0x45, 0, 0, 48, 0, 0, 0, 0, 64, 47]);
    view.setUint32(12, source);
    view.setUint32(16, server);
    for (let packet = 0; packet < packets; packet++) {
      bytes.set(randomBytes(28), 20);
      bytes.set([0x30, 0x01, 0x88, 0x0b, 0, 16], 20);
      gre.send(vector);
    }
    gre.close();
  }

  #connect(host: string, localAddress: string, manner: HostileRequest['manner']): Promise<void> {
    return new Promise((resolve) => {
      const begun = performance.now();
      const socket = connect({ host, port: 1723, localAddress, noDelay: true });
      socket.on('error', () => {});
      socket.on('connect', () => {
        this.#open.add(socket);
        socket.on('close', () => {
          this.#open.delete(socket);
          this.#lives.push(performance.now() - begun);
        });
        behave(socket, manner);
        resolve();
      });
      socket.on('close', () => resolve());
    });
  }
}

function behave(socket: Socket, manner: HostileRequest['manner']): void {
  if (manner !== 'flood') socket.resume();
  if (manner === 'silent') return;
  const start = startRequest();
  if (manner === 'drip') {
    let next = 0;
    const timer = setInterval(() => socket.write(start.subarray(next, ++next)), 1_000);
    socket.on('close', () => clearInterval(timer));
    return;
  }
  socket.write(start);
  if (manner === 'flood') flood(socket);
}

function startRequest(): Uint8Array {
  const client = new ControlClient({ hostName: 'x', vendorString: 'x', callId: 1, receiveWindow: 64 });
  const first = client.open(0).find((output) => output.type === 'transmit');
  return first?.type === 'transmit' ? first.bytes : new Uint8Array(0);
}

/** Echo-Requests (RFC 2637 §2.5) as fast as they go. */
function flood(socket: Socket): void {
  const request = Uint8Array.of(0, 16, 0, 1, 0x1a, 0x2b, 0x3c, 0x4d, 0, 5, 0, 0, 0, 0, 0, 1);
  const many = Buffer.concat(Array.from({ length: 4_096 }, () => request));
  const more = (): void => {
    if (socket.destroyed) return;
    socket.write(many, () => setImmediate(more));
  };
  more();
}
