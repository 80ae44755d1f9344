// A machine that can speak PPP: a process namespace where the host's kernel can, else a User Mode Linux guest.
// One boot runs any number of commands; a command is a shell script.
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { type CommandResult, startProgram } from './commands.ts';
import { connect, makeNamespace, makeTap, type Namespace } from './namespaces.ts';
import type { Attachment, Place } from './place.ts';
import type { Undo } from './undo.ts';
import { guestFolder, userModeLinux } from './user-mode-linux.ts';

const gone: CommandResult = { code: 137, output: 'the machine is gone' };

export class Machine {
  readonly address: string;
  readonly #child: ChildProcess;
  readonly #commands: Writable;
  readonly #waiting = new Map<string, (result: CommandResult) => void>();
  #serial = 0;
  #tail = '';

  constructor(place: Place, child: ChildProcess, commands: Writable, answers: Readable) {
    this.address = place.address.split('/')[0] ?? '';
    this.#child = child;
    this.#commands = commands;
    commands.on('error', () => {}); // the exit handler answers what was asked
    answers.setEncoding('utf8').on('data', (text) => this.#take(text));
    child.on('exit', () => {
      for (const answer of this.#waiting.values()) answer(gone);
      this.#waiting.clear();
    });
  }

  /** Resolves when the agent inside has started. @throws Error after `timeout` milliseconds */
  async booted(timeout: number): Promise<void> {
    const { code, output } = await this.#answerTo('ready', timeout);
    if (code !== 0) throw new Error(`the client machine did not start: ${output}`);
  }

  /** Runs a shell script; commands run at the same time. @param timeout milliseconds, then code 124 */
  attempt(script: string, timeout = 20_000): Promise<CommandResult> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return Promise.resolve(gone);
    this.#serial += 1;
    const id = String(this.#serial);
    const line = `${id} ${Buffer.from(script).toString('base64')}\n`;
    // A guest's serial line holds so much; it would hear nothing any more.
    if (line.length > 4_000) throw new Error(`too long for the machine: ${script}`);
    const answer = this.#answerTo(id, timeout);
    this.#commands.write(line);
    return answer;
  }

  /** @throws Error with script and output when the script fails */
  async run(script: string, timeout?: number): Promise<string> {
    const { code, output } = await this.attempt(script, timeout);
    if (code === 0) return output;
    throw new Error(`in the client: ${script.trim()}: exited with ${code}: ${output.trim()}`);
  }

  /** Pulls the plug. */
  destroy(): void {
    this.#child.kill('SIGKILL');
  }

  #answerTo(id: string, timeout: number): Promise<CommandResult> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        resolve({ code: 124, output: `no answer within ${timeout / 1000} s` });
      }, timeout);
      this.#waiting.set(id, (result) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(result);
      });
    });
  }

  #take(text: string): void {
    const lines = (this.#tail + text).split('\n');
    this.#tail = lines.pop() ?? '';
    for (const line of lines) {
      const [id = '', code = '', output = ''] = line.split(' ');
      this.#waiting.get(id)?.({ code: Number(code), output: Buffer.from(output, 'base64').toString() });
    }
  }
}

/** True where pptp and pppd run on the host's own kernel. */
export function hostHasPpp(): boolean {
  return existsSync('/dev/ppp');
}

/** Starts a machine and waits until it takes commands. */
export async function startMachine(undo: Undo, place: Place): Promise<Machine> {
  const { child, commands, answers } = hostHasPpp()
    ? await inNamespace(undo, place)
    : await inGuest(undo, place);
  const machine = new Machine(place, child, commands, answers);
  undo.later(() => machine.destroy());
  await machine.booted(30_000);
  if (place.second !== undefined && !hostHasPpp()) await plugIn(machine, place.home, place.second);
  return machine;
}

interface Started {
  child: ChildProcess;
  commands: Writable;
  answers: Readable;
}

// Ends with all its processes when `unshare` ends: a PID namespace dies with its process 1.
const ownProcesses = ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];

async function inNamespace(undo: Undo, place: Place): Promise<Started> {
  const namespace = await makeNamespace(undo, 'client');
  await connect(
    { namespace: place.home, device: place.device, address: place.gateway },
    { namespace, device: 'eth0', address: place.address },
  );
  await namespace.ip(`route add default via ${place.gateway.split('/')[0]}`);
  if (place.second !== undefined) {
    const { home, device, gateway, address } = place.second;
    await connect({ namespace: home, device, address: gateway }, { namespace, device: 'eth1', address });
  }
  const child = startProgram(namespace.enter([...ownProcesses, 'bash', `${guestFolder}/enter.sh`]), {
    stdio: ['pipe', 'pipe', 'ignore'],
    environment: { LAB_DIRECTORY: guestFolder },
  });
  return { child, commands: child.stdin as Writable, answers: child.stdout as Readable };
}

async function inGuest(undo: Undo, place: Place): Promise<Started> {
  await makeTap({ namespace: place.home, device: place.device, address: place.gateway });
  if (place.second !== undefined) await place.home.ip(`tuntap add dev ${place.second.device} mode tap`);
  const command = await userModeLinux(undo, place);
  const child = startProgram(place.home.enter([...ownProcesses, ...command]), {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  return { child, commands: child.stdio[3] as Writable, answers: child.stdio[4] as Readable };
}

/** A guest opens its TAP devices in one namespace, when its interfaces come up; then this one may go where it belongs. */
async function plugIn(machine: Machine, from: Namespace, link: Attachment): Promise<void> {
  await machine.run(`ip addr add ${link.address} dev eth1; ip link set eth1 up`);
  await from.ip(`link set ${link.device} netns ${link.home.name}`);
  await link.home.ip(`addr add ${link.gateway} dev ${link.device}`);
  await link.home.ip(`link set ${link.device} up`);
}
