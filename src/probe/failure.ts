// Why a probe failed, in plain words, and what to do about it. The reasons are a closed list that scripts may rely on.

import type { LinkClientOutput } from '../protocol/ppp/link-client.ts';
import type { ControlFailure } from '../protocol/pptp/control-client.ts';

interface Words {
  /** `detail` is what is known beyond the reason: an address, a code, the other side's words. */
  readonly message: (detail: string) => string;
  readonly fix: string;
}

const askTheAdministrator = "the server's log and `kubectl describe vpnuser` say why";
const greFix =
  'let IP protocol 47 (GRE) pass in both directions: a firewall before the server, the host firewall of the node, a ' +
  "cloud's security group, or a NAT without PPTP support (Linux: nf_nat_pptp) on this side stops it; TCP 1723 alone is not enough";

const words = {
  no_permission: { message: (detail) => detail, fix: 'run as root, or with CAP_NET_RAW' },
  name_not_found: {
    message: (detail) => `the name does not lead to an IPv4 address (${detail})`,
    fix: 'check the spelling of --server; PPTP here is IPv4 only, so the name needs an A record',
  },
  tcp_refused: {
    message: () => 'the host answers, but nothing listens on TCP port 1723',
    fix: 'check that the gateway runs (kubectl get vpns), and that this is the address of a node that runs it',
  },
  tcp_timeout: {
    message: () => 'no answer to TCP port 1723',
    fix: 'check the address, and that firewalls let TCP 1723 pass to it',
  },
  tcp_unreachable: {
    message: (detail) => `the network says that the address cannot be reached (${detail})`,
    fix: "check the address and this host's routes (ip route get ADDRESS)",
  },
  tcp_failed: {
    message: (detail) => `the TCP connection failed (${detail})`,
    fix: 'a firewall on this host or on the way may forbid TCP 1723',
  },
  control_refused: {
    message: (detail) => `the server refuses the control connection (${detail})`,
    fix: 'the server is full, shutting down, or lets only some addresses in: see its log',
  },
  control_closed: {
    message: () => 'the server closed the control connection without an answer',
    fix: 'it limits how many unknown clients may wait at once: try again; if it stays so, see its log',
  },
  control_timeout: {
    message: () => 'TCP port 1723 is open, but nothing there answers as PPTP does',
    fix: 'it may be another service, or a proxy or firewall that accepts connections for the server',
  },
  not_pptp: {
    message: () => 'what answers on TCP port 1723 does not speak PPTP version 1',
    fix: 'check the address and the port forwarding',
  },
  call_refused: {
    message: (detail) => `the server refuses the call (${detail})`,
    fix: 'the server has no room for another session (spec.sessions.max), or is shutting down: see its log',
  },
  no_gre: {
    message: () => 'the call was accepted over TCP, but no GRE came back from the server',
    fix: greFix,
  },
  gre_one_way: {
    message: () => 'GRE comes from the server, but none of ours arrives there',
    fix: 'let IP protocol 47 (GRE) pass towards the server, too: its firewall, the security group or a NAT on this side',
  },
  gre_rejected: { message: (detail) => `our GRE packets are turned away (${detail})`, fix: greFix },
  gre_not_sent: {
    message: (detail) => `this host does not let GRE out (${detail})`,
    fix: 'its own firewall drops outgoing GRE (nft list ruleset), or it has no route to the server',
  },
  link_failed: {
    message: (detail) => `the PPP link did not come up: ${detail}`,
    fix: 'GRE comes back, so look for one lost direction or heavy loss; the log of the server tells its side',
  },
  login_timeout: {
    message: () => 'the server did not say whether the login is good',
    fix: 'packets get lost, or the server is overloaded: try again, and see its log',
  },
  wrong_password: {
    message: () => 'wrong user name or password (error 691)',
    fix:
      'check spec.username of the VpnUser and the Secret; after several failures the server refuses even the right ' +
      'password for a while, with this same error',
  },
  hours_not_permitted: {
    message: () => 'the account may not log in at this hour (error 646)',
    fix: askTheAdministrator,
  },
  account_disabled: {
    message: () => 'the user is suspended (error 647)',
    fix: 'set spec.suspended of the VpnUser to false',
  },
  account_expired: {
    message: () => 'the user has expired (error 648)',
    fix: 'move spec.expiresAt of the VpnUser into the future',
  },
  not_allowed: {
    message: () => 'the user may not dial in from here (error 649)',
    fix: "add this client's address to spec.allowedSources of the VpnUser",
  },
  server_unavailable: {
    message: () => 'the password is right, but the server cannot take the session (error 930)',
    fix: 'no address is free (spec.addressPools) or spec.sessions.max is reached: kubectl get vpns shows both',
  },
  login_refused: { message: (detail) => detail, fix: askTheAdministrator },
  server_not_genuine: {
    message: () => 'the server does not know the password: it is not the server it claims to be',
    fix: 'do not use this network for the VPN; check the address, and change the password',
  },
  encryption_refused: {
    message: (detail) => `no agreement on 128-bit stateless MPPE: ${detail}`,
    fix: 'spec.encryption of the VpnServer must allow keyLengths [128] with policy Required or Optional',
  },
  no_address: {
    message: (detail) => `the server gave no inner address: ${detail}`,
    fix: 'look for a free address in spec.addressPools (kubectl get vpns, ADDRESSES)',
  },
  no_ping: {
    message: (detail) => `the login worked, but ${detail} does not answer ping through the tunnel`,
    fix:
      'encrypted packets get lost in one direction, or a firewall on the node drops what comes out of the tunnel; ' +
      'vpn_session_discarded_packets_total of the gateway says if they arrived',
  },
  path_too_small: {
    message: () => 'small packets pass, but none of 576 bytes does: the path is too narrow for a tunnel',
    fix: 'some link on the way has a wrong MTU, or drops most packets',
  },
  lost: {
    message: (detail) => `the server ended the session: ${detail}`,
    fix: 'its log says why; another login of the same user replaces a session (spec.sessions.maxPerUser)',
  },
} satisfies Record<string, Words>;

export type FailureReason = keyof typeof words;

export interface Failure {
  readonly reason: FailureReason;
  readonly message: string;
  readonly fix: string;
}

/** Thrown by a step of the probe, caught where the steps are run. */
export class StepFailed extends Error {
  readonly failure: Failure;

  constructor(reason: FailureReason, detail = '') {
    const { message, fix } = words[reason];
    super(message(detail));
    this.failure = { reason, message: this.message, fix };
  }
}

/** A connection that could not be made, by its errno name. */
export function tcpFailure(code: string): StepFailed {
  switch (code) {
    case 'ECONNREFUSED':
      return new StepFailed('tcp_refused');
    case 'ETIMEDOUT':
      return new StepFailed('tcp_timeout');
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return new StepFailed('tcp_unreachable', code);
    default:
      return new StepFailed('tcp_failed', code);
  }
}

/** RFC 2637 §2.2 and §2.8, from 2 on. */
const startResults = ['general error', 'a control connection exists already', 'not authorized', 'version'];
const callResults = ['general error', 'no carrier', 'busy', 'no dial tone', 'time-out', 'not accepted'];

export function controlFailure({ step, cause, resultCode }: ControlFailure): StepFailed {
  switch (cause) {
    case 'refused': {
      const meaning = (step === 'start' ? startResults : callResults)[resultCode - 2] ?? 'unknown';
      const detail = `result code ${resultCode}: ${meaning}`;
      return new StepFailed(step === 'start' ? 'control_refused' : 'call_refused', detail);
    }
    case 'timeout':
      return step === 'start'
        ? new StepFailed('control_timeout')
        : new StepFailed('call_refused', 'no answer to the call');
    case 'version':
    case 'malformed':
      return new StepFailed('not_pptp');
    case 'stopped':
      return new StepFailed('control_refused', 'it says goodbye');
    case 'lost':
      return new StepFailed('control_closed');
  }
}

/** RFC 2759 §6. */
const loginErrors: Readonly<Record<string, FailureReason>> = {
  646: 'hours_not_permitted',
  647: 'account_disabled',
  648: 'account_expired',
  649: 'not_allowed',
  691: 'wrong_password',
  930: 'server_unavailable',
};

export function linkFailure({
  step,
  detail,
}: Pick<Extract<LinkClientOutput, { type: 'down' }>, 'step' | 'detail'>): StepFailed {
  switch (step) {
    case 'lcp':
      return new StepFailed('link_failed', detail);
    case 'authentication': {
      if (detail.includes('does not know the password')) return new StepFailed('server_not_genuine');
      const code = /^login refused \((\d+)\)/.exec(detail)?.[1] ?? '';
      return new StepFailed(loginErrors[code] ?? 'login_refused', detail);
    }
    case 'encryption':
      // The link's own words speak of whoever is at the other end of it as the client: only its cause is of use here.
      return new StepFailed('encryption_refused', /refused: (.+?)\. [A-Z]/.exec(detail)?.[1] ?? detail);
    case 'ipcp':
      return new StepFailed('no_address', detail);
    case 'link':
      return new StepFailed('lost', detail);
  }
}

/** ICMP destination unreachable (RFC 792, RFC 1812 §5.2.7.1), by code. */
const unreachable: Readonly<Record<number, string>> = {
  0: 'network unreachable',
  1: 'host unreachable',
  2: 'protocol unreachable: that host has no PPTP server',
  3: 'port unreachable',
  9: 'forbidden by the network',
  10: 'forbidden by the host',
  13: 'forbidden by a filter',
};

/** Words for an ICMP error about our GRE, or undefined for one that is no refusal. */
export function greRefusal(type: number, code: number, from: string): string | undefined {
  const destinationUnreachable = 3;
  const fragmentationNeeded = 4;
  if (type !== destinationUnreachable || code === fragmentationNeeded) return undefined;
  return `${from} says: ${unreachable[code] ?? `unreachable, code ${code}`}`;
}
