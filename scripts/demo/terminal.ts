// How the demo speaks: a line per step with its time, a progress bar on terminals, plain lines elsewhere.
const onTerminal = process.stdout.isTTY === true;
const coloured = onTerminal && process.env['NO_COLOR'] === undefined;

const paint = (code: number) => (text: string) => (coloured ? `\x1b[${code}m${text}\x1b[0m` : text);
export const bold = paint(1);
export const dim = paint(2);
const green = paint(32);
const red = paint(31);

const stepWidth = 78;

export function say(text = ''): void {
  console.log(text);
}

/** Prints lines set off from the story. */
export function quote(lines: readonly string[]): void {
  for (const line of lines) say(`      ${dim(line)}`);
}

/**
 * Runs one step and prints its line when it is done.
 * @param describe what was achieved, from the step's result
 */
export async function step<Result>(
  doing: string,
  deed: () => Promise<Result>,
  describe: (result: Result) => string,
): Promise<Result> {
  const start = performance.now();
  if (onTerminal) process.stdout.write(`  ${dim(`… ${doing}`)}`);
  try {
    const result = await deed();
    const seconds = `${((performance.now() - start) / 1000).toFixed(1)} s`;
    clearLine();
    say(`  ${green('✔')} ${describe(result).padEnd(stepWidth)} ${dim(seconds.padStart(7))}`);
    return result;
  } catch (error) {
    clearLine();
    say(`  ${red('✘')} ${doing}`);
    throw error;
  }
}

/** Draws a download's progress: in place on a terminal, else a line per quarter. */
export class ProgressBar {
  readonly #total: number;
  readonly #start = performance.now();
  #quarters = 0;

  /** @param total bytes */
  constructor(total: number) {
    this.#total = total;
  }

  /** @param bytes so far */
  draw(bytes: number): void {
    const share = Math.min(1, bytes / this.#total);
    const megabits = (bytes * 8) / 1000 / Math.max(1, performance.now() - this.#start);
    const text = `${(Math.min(bytes, this.#total) / 1e6).toFixed(1)} of ${this.#total / 1e6} MB, ${megabits.toFixed(0)} Mbit/s`;
    if (onTerminal) {
      const filled = Math.round(share * 40);
      clearLine();
      process.stdout.write(
        `  ${dim('↓')} ${green('━'.repeat(filled))}${dim('─'.repeat(40 - filled))} ${text}`,
      );
    } else if (Math.floor(share * 4) > this.#quarters) {
      this.#quarters = Math.floor(share * 4);
      say(`    ${text}`);
    }
  }
}

/** Tells why the demo ended early, with the log lines that matter. */
export function tellFailure(error: unknown, log: readonly string[]): void {
  const [reason, ...details] = (error instanceof Error ? error.message : String(error)).split('\n');
  say(`    ${red(reason ?? '')}`);
  quote(details);
  if (log.length === 0) return;
  say('    The last lines of the server’s log:');
  quote(log);
}

function clearLine(): void {
  if (onTerminal) process.stdout.write('\r\x1b[2K');
}
