// What the kernel refused to send, write or hand over: counted by errno, and EMSGSIZE taken as news about the path. Never the end
// of a session (SE-1).
import type { PacketVector, SessionPacketVector } from '../protocol/datapath/packet-vector.ts';
import type { PacketDoors } from './data-loop.ts';
import type { Host } from './host/host.ts';
import type { HostOperation } from './metric-labels.ts';
import type { GatewayRecorder } from './metrics.ts';
import type { SessionNetwork } from './session-network.ts';

/** Refusals remembered until the next turn: one batch cannot bring more. */
const MostRefusals = 256;

export class HostErrors {
  readonly #network: SessionNetwork;
  readonly #recorder: GatewayRecorder;
  readonly #nameOf: (errno: number) => string;
  readonly #refusals: { session: number; size: number }[] = [];

  constructor(network: SessionNetwork, recorder: GatewayRecorder, nameOf: (errno: number) => string) {
    this.#network = network;
    this.#recorder = recorder;
    this.#nameOf = nameOf;
  }

  noteGre(vector: SessionPacketVector): void {
    this.#count('gre_send', vector);
    for (let i = 0; i < vector.count && this.#refusals.length < MostRefusals; i++) {
      if (vector.errnos[i] === 0 || this.#nameOf(vector.errnos[i]!) !== 'EMSGSIZE') continue;
      this.#refusals.push({ session: vector.sessions[i]!, size: vector.lengths[i]! });
    }
  }

  noteTun(vector: PacketVector): void {
    this.#count('tun_write', vector);
  }

  /** The same doors, with what reading fails of counted as well. */
  countingReads(host: Host): PacketDoors {
    return {
      ...host,
      receiveGre: (vector) => {
        const count = host.receiveGre(vector);
        this.#countOne('gre_receive', host.receiveErrno());
        return count;
      },
      readTun: (vector) => {
        const count = host.readTun(vector);
        this.#countOne('tun_read', host.readErrno());
        return count;
      },
    };
  }

  /** Passes on what was too large; not while a batch is being sent, since the answer may be another probe. */
  settle(now: number): void {
    for (const { session, size } of this.#refusals.splice(0)) this.#network.refused(session, size, now);
  }

  #count(operation: HostOperation, vector: PacketVector): void {
    for (let i = 0; i < vector.count; i++) this.#countOne(operation, vector.errnos[i]!);
  }

  #countOne(operation: HostOperation, errno: number): void {
    if (errno !== 0) this.#recorder.countHostError(operation, this.#nameOf(errno));
  }
}
