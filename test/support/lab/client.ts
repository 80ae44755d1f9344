// A real Linux PPTP client: Debian's pptp (pptp-linux) under Debian's pppd, on a machine of the lab.
import type { Machine } from './machine.ts';
import { type PppdLog, parsePppdLog } from './pppd-log.ts';

export interface Dial {
  server: string;
  user: string;
  password: string;
  /** pppd options; default: `require-mppe-128`. */
  pppd?: readonly string[];
  /** pptp options. */
  pptp?: readonly string[];
  /** The call id that pptp asks for: it takes two bytes of /dev/random. */
  callId?: number;
  /** Routes through the tunnel once it is up. */
  routes?: readonly string[];
}

export type Outcome = 'up' | 'down' | 'waiting';

/** Path of one dial's files on the machine: log, pid of pppd, moments in nanoseconds since 1970. */
const filesOf = (id: number) => `/run/lab/dial${id}`;
let serial = 0;

/** One attempt to connect, from dialling to the end of pppd. */
export class Connection {
  readonly machine: Machine;
  /** The network device on the machine while the connection is up. */
  readonly device: string;
  readonly #files: string;

  constructor(machine: Machine, id: number) {
    this.machine = machine;
    this.device = `ppp${id}`;
    this.#files = filesOf(id);
  }

  async log(): Promise<PppdLog> {
    return parsePppdLog(await this.machine.run(`cat ${this.#files}.log`));
  }

  /** Waits until IPCP is up or pppd has ended. @param timeout milliseconds */
  async settled(timeout = 30_000): Promise<Outcome> {
    return (await this.#waitFor({ up: 'up', end: 'down' }, timeout)) as Outcome;
  }

  /** Waits for IPCP. @throws Error with pppd's log when the connection fails */
  async up(timeout?: number): Promise<PppdLog> {
    const outcome = await this.settled(timeout);
    const log = await this.log();
    if (outcome === 'up') return log;
    throw new Error(`the client is ${outcome}, not connected; pppd's log:\n${log.text}`);
  }

  /** True from IPCP until pppd's end. */
  async isUp(): Promise<boolean> {
    return (await this.machine.attempt(`[ -e ${this.#files}.up ] && [ ! -e ${this.#files}.end ]`)).code === 0;
  }

  /** Waits for pppd's end. @throws Error with pppd's log when it does not end */
  async down(timeout = 30_000): Promise<PppdLog> {
    const outcome = await this.#waitFor({ end: 'down' }, timeout);
    const log = await this.log();
    if (outcome === 'down') return log;
    throw new Error(`the client did not end within ${timeout / 1000} s; pppd's log:\n${log.text}`);
  }

  /** Seconds from the start of pptp (its TCP connect) to IPCP up, by the client's clock. */
  async loginSeconds(): Promise<number> {
    const output = await this.machine.run(`echo $(($(cat ${this.#files}.up) - $(cat ${this.#files}.start)))`);
    return Number(output) / 1e9;
  }

  /** Ends the connection as a user would: LCP Terminate-Request, then Call-Clear-Request. */
  async hangUp(): Promise<PppdLog> {
    await this.machine.attempt(`[ -e ${this.#files}.end ] || kill -TERM $(cat ${this.#files}.pid)`);
    return this.down();
  }

  /** Ends it fast, by whatever it takes: without pptp, TCP closes and pppd sees a hangup. For tidying up: nothing is thrown. */
  async end(): Promise<void> {
    const ended = `[ -e ${this.#files}.end ]`;
    await this.machine.attempt(
      `${ended} || pkill -KILL -f '^pptp '
       for i in $(seq 50); do ${ended} && exit; sleep 0.1; done
       pkill -KILL -f '^pptp '; pkill -KILL -x pppd; sleep 0.2`,
    );
  }

  /** The client's battery dies: no process says goodbye. */
  async kill(): Promise<void> {
    await this.machine.attempt(`pkill -KILL -f '^pptp '; kill -KILL $(cat ${this.#files}.pid); sleep 0.2`);
  }

  async #waitFor(outcomes: Record<string, string>, timeout: number): Promise<string> {
    const tests = Object.entries(outcomes).map(
      ([file, word]) => `[ -e ${this.#files}.${file} ] && { echo ${word}; exit; }`,
    );
    const script = `for i in $(seq ${Math.ceil(timeout / 100)}); do ${tests.join('; ')}; sleep 0.1; done; echo waiting`;
    const { output } = await this.machine.attempt(script, timeout + 10_000);
    return output.trim();
  }
}

/** Starts pppd and returns at once. One dial at a time per machine may have its own secrets. */
export async function dial(machine: Machine, call: Dial): Promise<Connection> {
  const id = serial;
  serial += 1;
  await machine.run(dialScript(id, call));
  return new Connection(machine, id);
}

function dialScript(id: number, call: Dial): string {
  const path = filesOf(id);
  const options = [
    ...[
      'debug',
      'nodetach',
      'logfd',
      '1',
      'noauth',
      'nobsdcomp',
      'nodeflate',
      'maxfail',
      '1',
      'unit',
      String(id),
    ],
    ...['name', shellWord(call.user), 'remotename', 'vpn', ...(call.pppd ?? ['require-mppe-128'])],
  ];
  const routes = (call.routes ?? []).map((route) => `ip route replace ${route} dev "$1"`);
  return `
cat >/etc/ppp/chap-secrets <<'EOF'
${secretWord(call.user)} * ${secretWord(call.password)} *
EOF
cat >/etc/ppp/ip-up <<'EOF'
#!/bin/bash
${routes.join('\n')}
date +%s%N >/run/lab/dial\${1#ppp}.up
EOF
cat >${path}.pty <<'EOF'
#!/bin/bash
date +%s%N >${path}.start
exec ${call.callId === undefined ? '' : withRandom(call.callId)}pptp ${call.server} --nolaunchpppd ${(call.pptp ?? []).join(' ')}
EOF
chmod +x /etc/ppp/ip-up ${path}.pty
{
  pppd ${options.join(' ')} pty ${path}.pty >${path}.log 2>&1 </dev/null &
  echo $! >${path}.pid
  wait
  : >${path}.end
} >/dev/null 2>&1 &`;
}

/** Runs what follows with a /dev/random that yields `callId` again and again, in a mount namespace of its own. */
function withRandom(callId: number): string {
  const bytes = [callId & 0xff, callId >> 8]
    .map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`)
    .join('');
  const make = `printf '${bytes.repeat(32)}' >/run/lab/random && mount --bind /run/lab/random /dev/random`;
  return `unshare --mount bash -c "${make} && exec \\"\\$@\\"" -- `;
}

/** Quotes for the shell. */
function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Quotes for pppd's secrets file, where a backslash escapes. */
function secretWord(text: string): string {
  return `"${text.replaceAll(/(["\\])/g, '\\$1')}"`;
}
