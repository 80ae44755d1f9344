// A download and an upload between a machine and the office, bounded in time: what came, how fast, and whether it came whole.
import type { Machine } from './machine.ts';
import type { Namespace } from './namespaces.ts';
import { officeFileHash } from './office-files.ts';
import { addresses } from './topology.ts';

export interface Transfer {
  isWhole: boolean;
  /** What came to the other end. */
  bytes: number;
  seconds: number;
  /** Why it is not whole, in curl's words. */
  fault: string;
}

/** Seconds without a byte after which a transfer is given up. */
export const patience = 20;
/** Seconds after which it is given up in any case. */
const longest = 90;
const curl = `curl -sS --connect-timeout ${patience} --speed-limit 1 --speed-time ${patience} --max-time ${longest}`;
const timeout = (longest + 20) * 1000;

export async function download(machine: Machine, bytes: number): Promise<Transfer> {
  const output = await machine.run(
    `: >/run/lab/down
     ${curl} -o /run/lab/down -w '%{time_total}\\n' http://${addresses.office}/${bytes / 1e6}MB 2>/run/lab/down.fault
     stat -c %s /run/lab/down; sha256sum </run/lab/down; cat /run/lab/down.fault; rm /run/lab/down /run/lab/down.fault`,
    timeout,
  );
  const [seconds, size, sum = '', fault = ''] = output.split('\n');
  const isWhole = sum.startsWith(officeFileHash(bytes));
  return { isWhole, bytes: Number(size), seconds: Number(seconds), fault };
}

export async function upload(machine: Machine, office: Namespace, bytes: number): Promise<Transfer> {
  const asOffice = ['curl', '-sS', '--max-time', '5'];
  await office.run([...asOffice, '--data', '', 'http://127.0.0.1/']);
  const output = await machine.run(
    `head -c ${bytes} /dev/urandom >/run/lab/up
     ${curl} -o /run/lab/up.answer -w '%{time_total}\\n' -H 'Expect:' --data-binary @/run/lab/up http://${addresses.office}/ 2>/run/lab/up.fault
     sha256sum </run/lab/up; cat /run/lab/up.answer 2>/dev/null || echo none; cat /run/lab/up.fault; rm -f /run/lab/up*`,
    timeout,
  );
  const [seconds, sum = '', answer, fault = ''] = output.split('\n');
  const isWhole = answer === `${bytes} ${sum.split(' ')[0]}`;
  const received = await office.run([...asOffice, 'http://127.0.0.1/received']);
  return { isWhole, bytes: Number(received), seconds: Number(seconds), fault };
}

const retransmittedSegments = `awk '/^Tcp: [0-9]/ {print $13}' /proc/net/snmp`;

/** Both at once, and how many TCP segments each side sent again meanwhile (RetransSegs of its kernel). */
export async function transferBothWays(
  machine: Machine,
  office: Namespace,
  bytes: number,
): Promise<{ down: Transfer & { sentAgain: number }; up: Transfer & { sentAgain: number } }> {
  const sentAgain = async () => ({
    down: Number(await office.run(['sh', '-c', retransmittedSegments])),
    up: Number(await machine.run(retransmittedSegments)),
  });
  const before = await sentAgain();
  const [down, up] = await Promise.all([download(machine, bytes), upload(machine, office, bytes)]);
  const after = await sentAgain();
  return {
    down: { ...down, sentAgain: after.down - before.down },
    up: { ...up, sentAgain: after.up - before.up },
  };
}
