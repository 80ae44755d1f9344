// Carries packets between the kernel and the data path in batches: wait for readiness, drain both sides, flush, again.
// A control frame stops the batch until its link has answered: what follows may depend on the answer.
import type { DataPath } from '../protocol/datapath/data-path.ts';
import type { PacketVector, SessionPacketVector } from '../protocol/datapath/packet-vector.ts';
import type { Expirable } from './expiry-timer.ts';

/** The kernel's side, made by gateway/host over node-tun. */
export interface PacketDoors {
  receiveGre(vector: PacketVector): number;
  /** How many were sent; errnos in the vector. */
  sendGre(vector: PacketVector): number;
  readTun(vector: PacketVector): number;
  writeTun(vector: PacketVector): number;
  /** Calls `ready` once a turn of the event loop while a packet or an error waits. */
  watch(ready: () => void): { close(): void };
}

export interface DataLoopOptions {
  dataPath: DataPath;
  doors: PacketDoors;
  clock: () => number;
  /** A PPP control frame for the link of `session`; the bytes are valid during the call only. */
  control: (session: number, protocol: number, information: Uint8Array, now: number) => void;
  /** The data path has something to say beyond packets (lost MPPE counts and the like). */
  events: (now: number) => void;
  /** Some packets of the vector carry an errno. */
  greRefused: (vector: SessionPacketVector) => void;
  tunRefused: (vector: PacketVector) => void;
  touched: (member: Expirable) => void;
}

/** Batches handled in one turn of the event loop before TCP, timers and HTTP get theirs. */
const BatchesPerTurn = 8;

export class DataLoop implements Expirable {
  readonly #options: DataLoopOptions;
  readonly #bytes: Uint8Array;
  #watch: { close(): void } | undefined;

  constructor(options: DataLoopOptions) {
    this.#options = options;
    this.#bytes = new Uint8Array(options.dataPath.memory);
  }

  get deadline(): number {
    return this.#options.dataPath.deadline;
  }

  expire(now: number): void {
    this.#options.dataPath.expire(now);
    this.#settle(now);
  }

  start(): void {
    const { doors, clock } = this.#options;
    this.#watch = doors.watch(() => {
      // No packet woke us, so it was an ICMP error: that is an event too.
      if (!this.#turn()) this.#settle(clock());
      else for (let batch = 1; batch < BatchesPerTurn && this.#turn(); batch++);
    });
  }

  stop(): void {
    this.#watch?.close();
    this.#watch = undefined;
  }

  /** Sends what control frames and timers left in the out vectors. */
  flush(): void {
    const { dataPath, doors, greRefused, tunRefused, touched } = this.#options;
    if (dataPath.greOut.count > 0) {
      const { count } = dataPath.greOut;
      if (doors.sendGre(dataPath.greOut) < count) greRefused(dataPath.greOut);
      dataPath.noteSendErrors();
      dataPath.greOut.count = 0;
    }
    if (dataPath.tunOut.count > 0) {
      const { count } = dataPath.tunOut;
      if (doors.writeTun(dataPath.tunOut) < count) tunRefused(dataPath.tunOut);
      dataPath.tunOut.count = 0;
    }
    touched(this);
  }

  /** One batch from each side; false when neither had anything. */
  #turn(): boolean {
    const { dataPath, doors, clock } = this.#options;
    const now = clock();
    const received = doors.receiveGre(dataPath.greIn);
    if (received > 0) this.#drain(() => dataPath.receiveGre(now), now);
    const read = doors.readTun(dataPath.tunIn);
    if (read > 0) this.#drain(() => dataPath.receiveTun(now), now);
    return received > 0 || read > 0;
  }

  #drain(step: () => boolean, now: number): void {
    let done = false;
    while (!done) {
      done = step();
      this.#settle(now);
    }
  }

  /** Carries out everything the last step left: control frames first, then packets. */
  #settle(now: number): void {
    const { controlIn } = this.#options.dataPath;
    for (let i = 0; i < controlIn.count; i++) {
      const offset = controlIn.offsets[i]!;
      const information = this.#bytes.slice(offset, offset + controlIn.lengths[i]!);
      this.#options.control(controlIn.sessions[i]!, controlIn.protocols[i]!, information, now);
    }
    controlIn.count = 0;
    this.#options.events(now);
    this.flush();
  }
}
