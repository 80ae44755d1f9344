// IPCP's options from the client's side (RFC 1332, RFC 1877): asks for an address and name servers, takes what it is given.
// Used by our own client only.
import type { ControlProtocol, Judgement, Refusal } from './control-protocol.ts';
import { Protocol } from './frame.ts';
import { IpcpType } from './ipcp.ts';
import { numberOption, type Option, optionNumber } from './option.ts';

export class IpcpClientOptions implements ControlProtocol {
  readonly name = 'IPCP';
  readonly protocol = Protocol.IPCP;
  readonly extendedCodes: readonly number[] = [];
  readonly #wishes = new Map<number, number>();
  #gatewayAddress = 0;

  /** IPv4 addresses in host order; 0 before IPCP is up. */
  get address(): number {
    return this.#wishes.get(IpcpType.Address) ?? 0;
  }

  get gatewayAddress(): number {
    return this.#gatewayAddress;
  }

  get dns(): number[] {
    return [IpcpType.DNS1, IpcpType.DNS2].flatMap((type) => this.#wishes.get(type) ?? []);
  }

  begin(): void {
    this.#wishes.clear();
    for (const type of [IpcpType.Address, IpcpType.DNS1, IpcpType.DNS2]) this.#wishes.set(type, 0);
    this.#gatewayAddress = 0;
  }

  ask(): Option[] {
    return Array.from(this.#wishes, ([type, value]) => numberOption(type, value, 4));
  }

  judge(options: readonly Option[]): Judgement {
    const rejected = options.filter(({ type, data }) => type !== IpcpType.Address || data.length !== 4);
    return rejected.length > 0 ? { verdict: 'reject', options: rejected } : { verdict: 'ack' };
  }

  grant(options: readonly Option[]): void {
    this.#gatewayAddress = options[0] === undefined ? 0 : (optionNumber(options[0], 4) ?? 0);
  }

  onNak(options: readonly Option[]): Refusal | undefined {
    for (const option of options) this.#wishes.set(option.type, optionNumber(option, 4) ?? 0);
    return undefined;
  }

  onReject(options: readonly Option[]): Refusal | undefined {
    for (const { type } of options) this.#wishes.delete(type);
    return this.#wishes.has(IpcpType.Address) ? undefined : 'the server gives no address';
  }
}
