// The one error of the packet parsers. `layer` says which parser refused the bytes, `reason` is the metric label.
export class MalformedPacket extends Error {
  readonly layer: string;
  readonly reason: string;

  constructor(layer: string, reason: string) {
    super(`${layer}: ${reason}`);
    this.name = 'MalformedPacket';
    this.layer = layer;
    this.reason = reason;
  }
}
