// What LCP, CCP and IPCP each say for themselves; negotiation.ts does the rest for all three. Such a record knows options
// and values, but no states, identifiers or timers.
import type { Option } from './option.ts';

/** The answer to a peer's Configure-Request, without Configure-Reject before Nak: that order is the record's duty (CP-3). */
export type Judgement = { verdict: 'ack' } | { verdict: 'nak' | 'reject'; options: Option[] };

/** Why a negotiation cannot end well, in words for the person who reads the log. */
export type Refusal = string;

export interface ControlProtocol {
  readonly name: 'LCP' | 'CCP' | 'IPCP';
  readonly protocol: number;
  /** Codes beyond Code-Reject that this protocol knows: event RXR, acted on only when Opened. */
  readonly extendedCodes: readonly number[];
  /** Forgets what an earlier negotiation agreed on. */
  begin(): void;
  /** The options of our next Configure-Request. */
  ask(): Option[];
  /** Judges the peer's options; duplicates are already sorted out. */
  judge(options: readonly Option[]): Judgement;
  /** The peer's options that we acked last. */
  grant(options: readonly Option[]): void;
  /** Only options that our last request held. */
  onNak(options: readonly Option[]): Refusal | undefined;
  onReject(options: readonly Option[]): Refusal | undefined;
  /** The peer keeps asking for these although Max-Failure Naks said no; absent: that can be lived with. */
  onImpasse?(options: readonly Option[]): Refusal | undefined;
}
