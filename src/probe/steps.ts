// The steps of a probe in the order of stepTitles: what each waits for, what it learns, and what its silence means.
import { lookup } from 'node:dns/promises';
import type { Socket } from 'node:net';
import { openGreSocket, openNetlink, SystemError } from 'node-tun';
import { printable } from '../process/log.ts';
import { formatAddress, parseAddress } from '../protocol/ip/address.ts';
import type { Credentials } from '../protocol/ppp/chap-peer.ts';
import { connectTcp } from './control-dialogue.ts';
import { type Conversation, clock } from './conversation.ts';
import { StepFailed } from './failure.ts';
import { measureMtu } from './mtu.ts';
import { Pings, ping } from './ping.ts';
import type { Findings, StepName } from './report.ts';

/** What the steps hand on to each other. */
export interface Course {
  /** An address or a name. */
  readonly server: string;
  readonly credentials: Credentials;
  /** How long each step may take, ms. */
  readonly patience: number;
  readonly conversation: Conversation;
  readonly findings: Findings;
  socket?: Socket;
  /** When TCP was begun. */
  startedAt: number;
  peersMru: number;
}

/** Each does its part and returns what is worth knowing about it. @throws StepFailed */
export const steps: Record<StepName, (course: Course) => Promise<string> | string> = {
  async resolve({ server, findings }) {
    findings.serverAddress = await resolve(server);
    return findings.serverAddress;
  },

  socket() {
    requireRawSocket();
    return '';
  },

  async tcp(course) {
    course.startedAt = clock();
    course.socket = await connectTcp(course.findings.serverAddress ?? '', course.patience);
    return `from ${course.socket.localAddress}`;
  },

  async control({ conversation, socket, credentials, findings }) {
    if (socket !== undefined) conversation.begin(socket, credentials);
    const peer = await conversation.until(
      (news) => (news.type === 'established' ? news.peer : undefined),
      () => new StepFailed('control_timeout'),
    );
    const names = [peer.hostName, peer.vendorString].map(printable);
    [findings.serverHostName = null, findings.serverVendor = null] = names;
    return names.filter(Boolean).join(', ');
  },

  async call({ conversation }) {
    const call = await conversation.until(
      (news) => (news.type === 'call' ? news.call : undefined),
      () => new StepFailed('call_refused', 'no answer to the call'),
    );
    conversation.tunnel.open(call);
    return '';
  },

  async gre({ conversation }) {
    return conversation.until(
      (news) => {
        if (news.type === 'notSent') throw new StepFailed('gre_not_sent', news.errno);
        return news.type === 'greReceived' ? '' : undefined;
      },
      () => new StepFailed('no_gre'),
    );
  },

  async link({ conversation }) {
    return conversation.until(
      (news) => (news.type === 'challenged' ? '' : undefined),
      () =>
        conversation.tunnel.isHeardByServer
          ? new StepFailed('link_failed', 'LCP did not finish in time')
          : new StepFailed('gre_one_way'),
    );
  },

  async login({ conversation }) {
    return conversation.until(
      (news) => (news.type === 'authenticated' ? 'both sides proved that they know the password' : undefined),
      () => new StepFailed('login_timeout'),
    );
  },

  async encryption({ conversation, findings }) {
    const { keyLength, stateless } = await conversation.until(
      (news) => (news.type === 'encrypted' ? news.transmit : undefined),
      () => new StepFailed('encryption_refused', 'no answer to CCP'),
    );
    findings.encryption = `MPPE-${keyLength}-${stateless ? 'stateless' : 'stateful'}`;
    return findings.encryption;
  },

  async address(course) {
    const { conversation, findings } = course;
    const opened = await conversation.until(
      (news) => (news.type === 'opened' ? news : undefined),
      () => new StepFailed('no_address', 'no answer to IPCP'),
    );
    course.peersMru = opened.peersMru;
    findings.loginSeconds = (clock() - course.startedAt) / 1000;
    findings.address = formatAddress(opened.address);
    findings.gatewayAddress = formatAddress(opened.gatewayAddress);
    findings.dns = opened.dns.map(formatAddress);
    return `${findings.address}, gateway ${findings.gatewayAddress}`;
  },

  async ping({ conversation, findings, patience }) {
    const times = await ping(conversation, patience);
    if (times.length === 0) throw new StepFailed('no_ping', findings.gatewayAddress ?? '');
    const average = times.reduce((sum, time) => sum + time, 0) / times.length;
    findings.roundTripSeconds = { minimum: Math.min(...times), average, maximum: Math.max(...times) };
    return `${times.length} of ${Pings} answered`;
  },

  async mtu({ conversation, findings, peersMru }) {
    const interfaceMtu = mtuTowards(findings.serverAddress ?? '');
    const roundTrip = (findings.roundTripSeconds?.maximum ?? 0) * 1000;
    const { pathMtu, tunnelMtu } = await measureMtu(conversation, { peersMru, interfaceMtu, roundTrip });
    findings.pathMTU = pathMtu;
    findings.tunnelMTU = tunnelMtu;
    return `${tunnelMtu} bytes inside, ${pathMtu} outside`;
  },
};

async function resolve(server: string): Promise<string> {
  if (parseAddress(server) !== undefined) return server;
  try {
    return (await lookup(server, 4)).address;
  } catch (error) {
    throw new StepFailed('name_not_found', (error as NodeJS.ErrnoException).code ?? '');
  }
}

function requireRawSocket(): void {
  try {
    openGreSocket({ memory: new ArrayBuffer(8) }).close();
  } catch (error) {
    if (error instanceof SystemError)
      throw new StepFailed('no_permission', `this host gives no raw socket (${error.code})`);
    throw error;
  }
}

/** Bytes; Ethernet's where the kernel does not say. */
function mtuTowards(server: string): number {
  const netlink = openNetlink();
  try {
    const { mtu, index } = netlink.lookUpRoute(parseAddress(server) ?? 0);
    return mtu ?? netlink.links().find((link) => link.index === index)?.mtu ?? 1500;
  } finally {
    netlink.close();
  }
}
