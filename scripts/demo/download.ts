// A download from the office through the tunnel, watched by the server's count of the bytes it sent to the client.
import type { Connection } from '../../test/support/lab/client.ts';
import type { Machine } from '../../test/support/lab/machine.ts';
import { officeFileHash } from '../../test/support/lab/office-files.ts';
import type { Server } from '../../test/support/lab/server.ts';
import { addresses } from '../../test/support/lab/topology.ts';
import { ProgressBar } from './terminal.ts';

const megabytes = 10;

export interface Download {
  megabytes: number;
  /** Million bits per second, by the client's curl. */
  megabits: number;
}

/** @throws Error when what arrives is not what the office sent */
export async function downloadFromOffice(server: Server, { machine }: Connection): Promise<Download> {
  const bar = new ProgressBar(megabytes * 1_000_000);
  let state: 'running' | 'done' = 'running';
  const transfer = fetchFile(machine, addresses.office).finally(() => {
    state = 'done';
  });
  const sent = async () => (await server.sessions())[0]?.sentBytes ?? 0;
  const watch = async () => {
    const before = await sent();
    while (state === 'running') {
      bar.draw((await sent()) - before);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  };
  const [download] = await Promise.all([transfer, watch()]);
  return download;
}

/** The same where only the client can be asked how far it is. @param address of the office's web server */
export async function downloadOnto(machine: Machine, address: string): Promise<Download> {
  const bar = new ProgressBar(megabytes * 1_000_000);
  let state: 'running' | 'done' = 'running';
  const transfer = fetchFile(machine, address).finally(() => {
    state = 'done';
  });
  const watch = async () => {
    while (state === 'running') {
      const { output } = await machine.attempt('stat -c %s /run/lab/file 2>/dev/null || echo 0');
      bar.draw(Number(output));
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  };
  const [download] = await Promise.all([transfer, watch()]);
  return download;
}

/** @throws Error when what arrives is not what the office sent */
async function fetchFile(machine: Machine, address: string): Promise<Download> {
  const url = `http://${address}/${megabytes}MB`;
  const output = await machine.run(
    `curl -sS --max-time 60 -o /run/lab/file -w '%{speed_download}\\n' ${url} && sha256sum </run/lab/file`,
    70_000,
  );
  const [speed, hash = ''] = output.split('\n');
  if (!hash.startsWith(officeFileHash(megabytes * 1_000_000)))
    throw new Error(`${url}: the file arrived damaged`);
  return { megabytes, megabits: (Number(speed) * 8) / 1e6 };
}
