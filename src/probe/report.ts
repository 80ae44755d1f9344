// What a probe found: the JSON document that scripts read, and its lines for a person.
import type { Failure } from './failure.ts';

/** In the order in which they are run. */
export const stepTitles = {
  resolve: "find the server's address",
  socket: 'open a raw GRE socket',
  tcp: 'connect to TCP port 1723',
  control: 'start the PPTP control connection',
  call: 'place the call',
  gre: 'receive GRE (IP protocol 47)',
  link: 'bring up the PPP link',
  login: 'log in (MS-CHAPv2)',
  encryption: 'encrypt (MPPE)',
  address: 'get an inner address',
  ping: 'ping the gateway through the tunnel',
  mtu: 'measure the MTU',
} as const;

export type StepName = keyof typeof stepTitles;
export const stepNames = Object.keys(stepTitles) as StepName[];

export interface StepResult {
  name: StepName;
  status: 'passed' | 'failed' | 'skipped';
  seconds: number;
  detail: string;
}

/** What was measured; null where the probe did not get so far. */
export interface Findings {
  serverAddress: string | null;
  /** As the control connection gave them. */
  serverHostName: string | null;
  serverVendor: string | null;
  encryption: string | null;
  address: string | null;
  gatewayAddress: string | null;
  dns: string[];
  /** From the TCP connection's start to the inner address. */
  loginSeconds: number | null;
  roundTripSeconds: { minimum: number; average: number; maximum: number } | null;
  /** Largest inner packet that the gateway answered, bytes, and the outer packet it made. */
  tunnelMTU: number | null;
  pathMTU: number | null;
}

/** Field names are stable. */
export interface ProbeReport extends Findings {
  server: string;
  user: string;
  passed: boolean;
  steps: StepResult[];
  failure: ({ step: StepName } & Failure) | null;
}

export function noFindings(): Findings {
  return {
    serverAddress: null,
    serverHostName: null,
    serverVendor: null,
    encryption: null,
    address: null,
    gatewayAddress: null,
    dns: [],
    loginSeconds: null,
    roundTripSeconds: null,
    tunnelMTU: null,
    pathMTU: null,
  };
}

export type Paint = 'plain' | 'coloured';

const marks = { passed: ['✓', 32], failed: ['✗', 31], skipped: ['-', 90] } as const;
const titleWidth = Math.max(...Object.values(stepTitles).map(({ length }) => length));

/** One line, without line feed. */
export function stepLine({ name, status, seconds, detail }: StepResult, paint: Paint): string {
  const [mark, colour] = marks[status];
  const time = status === 'skipped' ? '' : milliseconds(seconds);
  const painted = paint === 'coloured' ? `\x1b[${colour}m${mark}\x1b[0m` : mark;
  return `${painted} ${stepTitles[name].padEnd(titleWidth)}  ${time.padStart(8)}  ${detail}`.trimEnd();
}

/** The last lines: what is wrong and what to do, or the figures. */
export function conclusion(report: ProbeReport): string {
  const { failure, user, server } = report;
  if (failure !== null) return `\nFailed: ${failure.message}.\nFix: ${failure.fix}.\n`;
  const { loginSeconds, roundTripSeconds, tunnelMTU, pathMTU } = report;
  const figures = [
    `login ${milliseconds(loginSeconds ?? 0)}`,
    `round trip ${milliseconds(roundTripSeconds?.average ?? 0)}`,
    `tunnel MTU ${tunnelMTU} bytes (path ${pathMTU})`,
  ];
  return `\n${user} can log in to ${server}: ${figures.join(', ')}.\n`;
}

function milliseconds(seconds: number): string {
  if (seconds >= 1) return `${seconds.toFixed(2)} s`;
  return `${(seconds * 1000).toFixed(1)} ms`;
}
