// kubectl with one kubeconfig: an independent client, for tests and for looking at a test that failed.
import { execFile } from 'node:child_process';

export interface KubectlResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface KubectlOptions {
  input?: string;
  /** Milliseconds. */
  timeout?: number;
}

export class Kubectl {
  readonly kubeconfig: string;
  readonly command: readonly string[];

  /** @param program the words that start kubectl */
  constructor(program: readonly string[], kubeconfig: string) {
    this.kubeconfig = kubeconfig;
    this.command = [...program, '--kubeconfig', kubeconfig];
  }

  /** Never rejects for a bad exit code. */
  attempt(
    args: readonly string[],
    { input = '', timeout = 60_000 }: KubectlOptions = {},
  ): Promise<KubectlResult> {
    const [program = '', ...first] = this.command;
    return new Promise((resolve) => {
      const settings = { timeout, maxBuffer: 64 << 20, killSignal: 'SIGKILL' } as const;
      const child = execFile(program, [...first, ...args], settings, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 137;
        resolve({ code, stdout, stderr });
      });
      child.stdin?.on('error', () => {}); // it may end without reading
      child.stdin?.end(input);
    });
  }

  /** @returns what it printed @throws Error with the command and its messages when it fails */
  async run(args: readonly string[], options?: KubectlOptions): Promise<string> {
    const { code, stdout, stderr } = await this.attempt(args, options);
    if (code === 0) return stdout;
    throw new Error(`kubectl ${args.join(' ')} exited with ${code}: ${(stderr || stdout).trim()}`);
  }

  /** Applies manifests given as text, by server-side apply. */
  apply(text: string, options: KubectlOptions = {}): Promise<string> {
    return this.run(['apply', '--server-side', '--force-conflicts', '-f', '-'], { ...options, input: text });
  }

  async json<Value>(args: readonly string[]): Promise<Value> {
    return JSON.parse(await this.run([...args, '-o', 'json']));
  }
}
