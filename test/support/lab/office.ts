// Opens the office: its web server in its namespace.
import { join } from 'node:path';
import { startProgram } from './commands.ts';
import type { Namespace } from './namespaces.ts';
import type { Undo } from './undo.ts';

const program = join(import.meta.dirname, 'office-server.ts');

/** Starts the web server on port 80 and waits until it listens. */
export async function openOffice(undo: Undo, office: Namespace): Promise<void> {
  const command = [process.execPath, '--disable-warning=ExperimentalWarning', program];
  const child = startProgram(office.enter(command), { stdio: ['ignore', 'pipe', 'inherit'] });
  undo.later(() => child.kill('SIGKILL'));
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', () => reject(new Error("the office's web server did not start")));
  });
}
