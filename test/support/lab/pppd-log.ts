// What `pppd debug` prints, as structured events: each control packet it saw, and what came of the negotiation.
// Understands pppd 2.4.9 and later. It reads only; the verdicts are pppd's own.

export interface ControlPacket {
  direction: 'sent' | 'rcvd';
  /** As pppd spells it: LCP, CHAP, CCP, IPCP, IPV6CP … */
  protocol: string;
  /** As pppd spells it: ConfReq, ConfAck, Challenge, Success, EchoReq … */
  code: string;
  identifier: number;
  /** The rest of the line: options, names, messages. */
  text: string;
}

export interface PppdLog {
  text: string;
  packets: ControlPacket[];
  localAddress: string | undefined;
  gatewayAddress: string | undefined;
  dns: string[];
  authenticated: boolean;
  /** E.g. `MPPE 128-bit stateless`. */
  encryption: string | undefined;
  /** Lines in which pppd says that something failed, in order. */
  failures: string[];
}

const packetLine = /^(sent|rcvd) \[(\w+) (\w+) id=0x([0-9a-f]+) ?(.*)\]/;
const failureLines =
  /authentication failed|required but|terminated|refused|cannot|failed|no response|hangup|incorrect|LCP: timeout|peer not responding/i;

export function parsePppdLog(text: string): PppdLog {
  const lines = text.split('\n');
  return {
    text,
    packets: lines.map(parsePacket).filter((packet) => packet !== undefined),
    localAddress: firstMatch(lines, /^local +IP address (\S+)/),
    gatewayAddress: firstMatch(lines, /^remote IP address (\S+)/),
    dns: lines
      .map((line) => /^(?:primary|secondary) +DNS address (\S+)/.exec(line)?.[1])
      .filter((found) => found !== undefined),
    authenticated: lines.some((line) => line.startsWith('CHAP authentication succeeded')),
    encryption: firstMatch(lines, /^(MPPE \d+-bit state\w+) compression enabled/),
    failures: lines.filter((line) => failureLines.test(line) && !packetLine.test(line)),
  };
}

/** The packets of one protocol and code, e.g. `packetsOf(log, 'rcvd', 'CCP', 'ConfReq')`. */
export function packetsOf(
  log: PppdLog,
  direction: 'sent' | 'rcvd',
  protocol: string,
  code: string,
): ControlPacket[] {
  return log.packets.filter(
    (packet) => packet.direction === direction && packet.protocol === protocol && packet.code === code,
  );
}

function parsePacket(line: string): ControlPacket | undefined {
  const [, direction, protocol = '', code = '', identifier = '', text = ''] = packetLine.exec(line) ?? [];
  if (direction !== 'sent' && direction !== 'rcvd') return undefined;
  return { direction, protocol, code, identifier: Number.parseInt(identifier, 16), text };
}

function firstMatch(lines: string[], pattern: RegExp): string | undefined {
  for (const line of lines) {
    const found = pattern.exec(line)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}
