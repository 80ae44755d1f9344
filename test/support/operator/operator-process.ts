// An operator in a process of its own, for tests that kill it. Prints what it does on standard output, and can be told to
// die at a certain write, before it is sent or after it was answered.
// usage: operator-process.ts KUBECONFIG LEADING [before|after COUNT]
import { startOperator } from '../../../src/operator/operator.ts';
import { createLog } from '../../../src/process/log.ts';
import { closeOnSignals } from '../../../src/process/shutdown.ts';

const [kubeconfig = '', leading = 'always', deadlyMoment, deadlyCount] = process.argv.slice(2);
let writes = 0;
let looked = false;

const log = createLog({ level: 'info', format: 'json' });
const operator = startOperator({
  kubeconfig,
  namespaces: [],
  namespace: 'default',
  identity: `process-${process.pid}`,
  gatewayImage: { image: 'vpn-operator:dev', imagePullPolicy: 'IfNotPresent' },
  reservedRanges: [],
  leading: leading === 'elected' ? 'elected' : 'always',
  log,
  onRequest({ path }) {
    if (looked || !path.includes('/leases/')) return;
    looked = true;
    process.stdout.write(`${JSON.stringify({ looks: 'at the Lease' })}\n`);
  },
  onWrite(moment, { method, path }) {
    if (moment === 'before') writes++;
    process.stdout.write(`${JSON.stringify({ write: moment, count: writes, method, path })}\n`);
    if (moment === deadlyMoment && writes === Number(deadlyCount)) process.kill(process.pid, 'SIGKILL');
  },
});
closeOnSignals({ limit: 5_000, log, close: () => operator.close() });
