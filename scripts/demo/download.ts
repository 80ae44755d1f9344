// A download from the office through the tunnel, watched by the server's count of the bytes it sent to the client.
import type { Connection } from '../../test/support/lab/client.ts';
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
  const url = `http://${addresses.office}/${megabytes}MB`;
  const bar = new ProgressBar(megabytes * 1_000_000);
  let state: 'running' | 'done' = 'running';
  const transfer = machine
    .run(
      `curl -sS --max-time 60 -o /run/lab/file -w '%{speed_download}\\n' ${url} && sha256sum </run/lab/file`,
      70_000,
    )
    .finally(() => {
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
  const [output] = await Promise.all([transfer, watch()]);
  const [speed, hash = ''] = output.split('\n');
  if (!hash.startsWith(officeFileHash(megabytes * 1_000_000)))
    throw new Error(`${url}: the file arrived damaged`);
  return { megabytes, megabits: (Number(speed) * 8) / 1e6 };
}
