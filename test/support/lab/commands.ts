// Running programs on the host: one-shot commands with their output, and long-lived ones that die with this process.
import { type ChildProcess, type StdioOptions, spawn, spawnSync } from 'node:child_process';

export interface CommandResult {
  code: number;
  output: string;
}

/** Environment variable by which a leftover process is recognised as the lab's (see residue.ts). */
export const labVariable = 'VPN_LAB';
export const labPrefix = `vo${process.pid}`;

const environment = { ...process.env, [labVariable]: labPrefix, LC_ALL: 'C.UTF-8' };

/** Runs a program to its end; never rejects for a bad exit code. @param timeout milliseconds, then SIGKILL and code 124 */
export function attempt(
  command: readonly string[],
  options: { input?: string | undefined; timeout?: number | undefined } = {},
): Promise<CommandResult> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
    }, options.timeout ?? 30_000);
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.stdin.on('error', () => {}); // a program that ends without reading its input is no fault
    child.stdin.end(options.input ?? '');
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code: timedOut ? 124 : (code ?? 137), output: Buffer.concat(chunks).toString() });
    });
  });
}

/** Runs a program to its end and returns its output. @throws Error with command and output when it fails */
export async function execute(
  command: readonly string[],
  options: { input?: string | undefined; timeout?: number | undefined } = {},
): Promise<string> {
  const { code, output } = await attempt(command, options);
  if (code === 0) return output;
  throw new Error(`${command.join(' ')} exited with ${code}: ${output.trim() || 'no output'}`);
}

/** For undoing at exit, where nothing asynchronous runs any more. Failures are ignored: the thing may be gone already. */
export function executeNow(command: readonly string[]): void {
  const [program = '', ...args] = command;
  spawnSync(program, args, { stdio: 'ignore', timeout: 10_000 });
}

/** Starts a program that the kernel kills should this process die, even by SIGKILL. */
export function startProgram(
  command: readonly string[],
  options: { stdio: StdioOptions; environment?: Record<string, string> | undefined },
): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...command], {
    stdio: options.stdio,
    env: { ...environment, ...options.environment },
  });
}

/** Waits for a program's end. @returns its exit code, or 128 when a signal ended it */
export function exitOf(child: ChildProcess): Promise<number> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  if (child.signalCode !== null) return Promise.resolve(128);
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve(code ?? 128));
  });
}

/** Asks again until the answer is defined. @throws Error naming what never came, after `timeout` milliseconds */
export async function eventually<Value>(
  what: string,
  timeout: number,
  ask: () => Promise<Value | undefined> | Value | undefined,
): Promise<Value> {
  const end = performance.now() + timeout;
  for (;;) {
    const value = await ask();
    if (value !== undefined) return value;
    if (performance.now() > end) throw new Error(`${what}: not within ${timeout / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
