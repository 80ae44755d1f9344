// What the lab makes in the kernel is removed in reverse order: at the end of a test, at exit, on signals and on
// uncaught errors. After a SIGKILL the next lab sweeps what the dead one left (its names carry its process id).
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { executeNow } from './commands.ts';

const namespaceFolder = '/run/netns';
const folderPrefix = 'vpn-operator-lab-';

/** A stack of deeds to undo. Each deed is synchronous, so that it also runs while the process exits. */
export class Undo {
  readonly #deeds: (() => void)[] = [];

  constructor() {
    open.add(this);
    arm();
  }

  later(deed: () => void): void {
    this.#deeds.push(deed);
  }

  now(): void {
    for (let deed = this.#deeds.pop(); deed; deed = this.#deeds.pop()) {
      try {
        deed();
      } catch (error) {
        process.stderr.write(`lab: could not undo: ${error}\n`);
      }
    }
    open.delete(this);
  }

  /** A temporary folder, removed with the rest. */
  folder(): string {
    const path = mkdtempSync(join(tmpdir(), `${folderPrefix}${process.pid}-`));
    this.later(() => rmSync(path, { recursive: true, force: true }));
    return path;
  }
}

const open = new Set<Undo>();
let armed = 'no';

function arm(): void {
  if (armed === 'yes') return;
  armed = 'yes';
  sweepDeadLabs();
  process.on('exit', undoAll);
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    process.once(signal, () => {
      undoAll();
      process.exit(code);
    });
  }
}

function undoAll(): void {
  for (const undo of [...open].reverse()) undo.now();
}

function sweepDeadLabs(): void {
  for (const name of existsSync(namespaceFolder) ? readdirSync(namespaceFolder) : []) {
    if (isDead(/^vo(\d+)-/.exec(name)?.[1])) executeNow(['ip', 'netns', 'del', name]);
  }
  for (const name of readdirSync(tmpdir())) {
    if (isDead(new RegExp(`^${folderPrefix}(\\d+)-`).exec(name)?.[1])) {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    }
  }
}

function isDead(pid: string | undefined): boolean {
  return pid !== undefined && !existsSync(`/proc/${pid}`);
}
