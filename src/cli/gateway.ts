// `vpn-operator gateway`: what runs in the pods of the DaemonSet. Serves the files that the operator wrote, and follows
// their changes; knows nothing of Kubernetes. What goes wrong is told over HTTP while it is tried again: the process ends
// only when it is told to, or when HTTP itself cannot be served.
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { tokenFile } from '../api/gateway-files.ts';
import { FileConfiguration } from '../gateway/file-configuration.ts';
import { Gateways } from '../gateway/gateways.ts';
import { confineAfter } from '../gateway/host/confinement.ts';
import { gatewayRoutes } from '../gateway/http-endpoints.ts';
import { createGatewayMetrics, type GatewayMetrics } from '../gateway/metrics.ts';
import { PathMtuFile } from '../gateway/path-mtu-file.ts';
import { viewStatus, viewUsers } from '../gateway/status-view.ts';
import { type HttpServer, HttpStartError, serveHttp } from '../process/http.ts';
import type { Log } from '../process/log.ts';
import { closeOnSignals } from '../process/shutdown.ts';
import { watchFiles } from '../process/watch-files.ts';
import { openLog } from './open-log.ts';
import { ownVersion } from './own-version.ts';
import { UsageError } from './usage-error.ts';

export interface GatewayCommandOptions {
  configDir: string;
  httpAddress: string;
  stateDir: string;
  tokenFile?: string;
  node?: string;
  runAs?: string;
  terminationLog?: string;
  logLevel?: string;
}

/** How long sessions may take to hear of the end, ms; the pod's grace period is longer. */
const ShutdownLimit = 10_000;

/** linux/kernel/cred.c: -1 means none. */
const LargestUid = 0xfffffffe;

/** Returns when serving began; the event loop keeps it running. */
export async function runGateway(options: GatewayCommandOptions): Promise<number> {
  const log = openLog(options.logLevel);
  const node = options.node ?? process.env['NODE_NAME'] ?? hostname();
  const metrics = createGatewayMetrics({ version: ownVersion(), nodeVersion: process.version });
  const paths = new PathMtuFile(join(options.stateDir, 'path-mtu.json'), (message) => log.warn(message));
  const gateways = new Gateways({ node, log, metrics, memory: paths.memory });
  const apply = confined((configs) => gateways.apply(configs), options, log);
  const configuration = new FileConfiguration({ folder: options.configDir, node, apply, log });
  const http = await startHttp(options, { node, metrics, gateways, configuration, log });
  const watch = watchFiles([options.configDir], () => void configuration.load());
  closeOnSignals({
    limit: ShutdownLimit,
    log,
    close: async () => {
      watch.close();
      configuration.close();
      await gateways.close();
      paths.close();
      await http.close();
    },
  });
  await configuration.load();
  return 0;
}

/** With --run-as the process gives up root when the first configuration is in force. */
function confined(apply: Gateways['apply'], { runAs }: GatewayCommandOptions, log: Log): Gateways['apply'] {
  if (runAs === undefined) return apply;
  const uid = Number(runAs);
  if (!Number.isInteger(uid) || uid < 1 || uid > LargestUid) {
    throw new UsageError(`--run-as "${runAs}": give the number of a user, such as 65532`);
  }
  return confineAfter(apply, { uid, log, restart: () => process.kill(process.pid, 'SIGTERM') });
}

interface Parts {
  node: string;
  metrics: GatewayMetrics;
  gateways: Gateways;
  configuration: FileConfiguration;
  log: Log;
}

async function startHttp(options: GatewayCommandOptions, parts: Parts): Promise<HttpServer> {
  const { node, metrics, gateways, configuration, log } = parts;
  const routes = gatewayRoutes({
    metrics,
    sessions: () => gateways.sessions(),
    unready: () => configuration.unready() ?? gateways.unready(),
    status: () => {
      const { hash: configHash, problems } = configuration;
      return viewStatus({ node, report: gateways.reports()[0], configHash, problems });
    },
    users: () => viewUsers(gateways.reports()[0]),
  });
  const token = options.tokenFile ?? join(options.configDir, tokenFile);
  try {
    const server = await serveHttp({ address: options.httpAddress, tokenFile: token, routes, log });
    log.info({ address: server.address }, `HTTP on http://${server.address}`);
    return server;
  } catch (error) {
    tellTheKubelet(options, error as Error);
    if (error instanceof HttpStartError && error.kind === 'usage') throw new UsageError(error.message);
    throw error;
  }
}

/** Kubernetes shows this text as the reason of the container's end. */
function tellTheKubelet({ terminationLog }: GatewayCommandOptions, { message }: Error): void {
  if (terminationLog === undefined) return;
  try {
    writeFileSync(terminationLog, message);
  } catch {
    // The same text goes to the log.
  }
}
