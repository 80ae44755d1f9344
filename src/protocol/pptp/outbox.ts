// Gathers what one input to a control connection causes, in order. Both ends hand it out when the input is done.
import type { ControlOutput } from './control-output.ts';
import { type ControlMessage, encodeControlMessage } from './messages.ts';

export class Outbox<Output> {
  #outputs: (Output | ControlOutput)[] = [];

  push(output: Output | ControlOutput): void {
    this.#outputs.push(output);
  }

  transmit(message: ControlMessage): void {
    this.#outputs.push({ type: 'transmit', bytes: encodeControlMessage(message) });
  }

  discard(reason: string): void {
    this.#outputs.push({ type: 'discarded', reason });
  }

  drain(): (Output | ControlOutput)[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }
}
