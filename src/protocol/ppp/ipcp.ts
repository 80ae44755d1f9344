// IPCP's options (RFC 1332 §3, RFC 1877): one address for the client, ours, and the name servers. No Van Jacobson
// compression: it is rejected (IP-1).
import type { Code } from './control-packet.ts';
import type { ControlProtocol, Judgement, Refusal } from './control-protocol.ts';
import { Protocol } from './frame.ts';
import { numberOption, type Option, optionNumber } from './option.ts';

/** RFC 1332 §3.3; RFC 1877 §1.1 to §1.4. */
export const IpcpType = { Address: 3, DNS1: 129, WINS1: 130, DNS2: 131, WINS2: 132 } as const;
/** Peers may dislike our address; after so many Naks we go without saying it (IP-3). */
const AddressInsistence = 3;

/** IPv4 addresses as numbers in host order. */
export interface Network {
  /** The client's, assigned for this session. */
  address: number;
  /** Ours. */
  gatewayAddress: number;
  /** At most two are handed out. */
  dns: readonly number[];
  wins: readonly number[];
}

export class IpcpOptions implements ControlProtocol {
  readonly name = 'IPCP';
  readonly protocol = Protocol.IPCP;
  readonly extendedCodes: readonly (typeof Code.ProtocolReject)[] = [];
  readonly #network: Network;
  readonly #offered: ReadonlyMap<number, number>;
  #addressNaks = 0;
  #isAddressSaid = true;

  constructor(network: Network) {
    this.#network = network;
    const values = [
      [IpcpType.Address, network.address],
      [IpcpType.DNS1, network.dns[0]],
      [IpcpType.DNS2, network.dns[1]],
      [IpcpType.WINS1, network.wins[0]],
      [IpcpType.WINS2, network.wins[1]],
    ] as const;
    this.#offered = new Map(values.flatMap(([type, value]) => (value === undefined ? [] : [[type, value]])));
  }

  begin(): void {
    this.#addressNaks = 0;
    this.#isAddressSaid = true;
  }

  ask(): Option[] {
    return this.#isAddressSaid ? [numberOption(IpcpType.Address, this.#network.gatewayAddress, 4)] : [];
  }

  /** Servers that we lack are rejected in a packet of its own, then what we have is Nak'd (IP-1, CP-3). */
  judge(options: readonly Option[]): Judgement {
    const rejected = options.filter((option) => !this.#offered.has(option.type) || option.data.length !== 4);
    if (rejected.length > 0) return { verdict: 'reject', options: rejected };
    const naks = options
      .filter((option) => optionNumber(option, 4) !== this.#offered.get(option.type))
      .map((option) => this.#offer(option.type));
    if (!options.some((option) => option.type === IpcpType.Address)) naks.push(this.#offer(IpcpType.Address));
    return naks.length > 0 ? { verdict: 'nak', options: naks } : { verdict: 'ack' };
  }

  grant(): void {}

  onNak(options: readonly Option[]): Refusal | undefined {
    if (options.length > 0) this.#addressNaks++;
    if (this.#addressNaks >= AddressInsistence) this.#isAddressSaid = false;
    return undefined;
  }

  onReject(options: readonly Option[]): Refusal | undefined {
    if (options.length > 0) this.#isAddressSaid = false;
    return undefined;
  }

  /** With another address than the one it gets, nothing that it sends would pass: better no link than a dead one. */
  onImpasse(options: readonly Option[]): Refusal | undefined {
    const wanted = options.find((option) => option.type === IpcpType.Address)?.data;
    if (wanted === undefined || wanted.every((byte) => byte === 0)) return undefined;
    const given = this.#offer(IpcpType.Address).data;
    return (
      `the client insists on the address ${wanted.join('.')}, and gets ${given.join('.')}: let it take its address from the ` +
      'server (Windows: "Obtain an IP address automatically"; pppd: noipdefault), or set spec.address of its VpnUser'
    );
  }

  #offer(type: number): Option {
    return numberOption(type, this.#offered.get(type)!, 4);
  }
}
