// `vpn-operator local`: serves documents from files in the current network namespace and follows their changes.
import { hostname } from 'node:os';
import { join } from 'node:path';
import { formatFault } from '../api/fault.ts';
import { Gateways } from '../gateway/gateways.ts';
import { gatewayRoutes } from '../gateway/http-endpoints.ts';
import { createGatewayMetrics } from '../gateway/metrics.ts';
import { PathMtuFile } from '../gateway/path-mtu-file.ts';
import { type HttpServer, HttpStartError, serveHttp } from '../process/http.ts';
import type { Log } from '../process/log.ts';
import { closeOnSignals } from '../process/shutdown.ts';
import { watchFiles } from '../process/watch-files.ts';
import { type LoadedDocuments, loadDocuments } from './load-documents.ts';
import { openLog } from './open-log.ts';
import { ownVersion } from './own-version.ts';
import { UsageError } from './usage-error.ts';

export interface LocalOptions {
  file: string[];
  httpAddress: string;
  tokenFile?: string;
  logLevel?: string;
  stateDir?: string;
}

/** What outlives a restart: learned path MTUs, no secrets. */
const DefaultStateDir = '/var/lib/vpn-operator';

/** How long sessions may take to hear of the end, ms. */
const ShutdownLimit = 10_000;

/** Returns when serving began (the event loop keeps it running) or with 2 when the documents have faults. */
export async function runLocal(options: LocalOptions): Promise<number> {
  const loaded = loadDocuments(options.file);
  if (loaded.faults.length > 0) {
    for (const fault of loaded.faults) process.stderr.write(`${formatFault(fault)}\n`);
    return 2;
  }
  const log = openLog(options.logLevel);
  for (const warning of loaded.warnings) log.warn(formatFault(warning));
  const metrics = createGatewayMetrics({ version: ownVersion(), nodeVersion: process.version });
  const paths = new PathMtuFile(join(options.stateDir ?? DefaultStateDir, 'path-mtu.json'), (message) =>
    log.warn(message),
  );
  const gateways = new Gateways({ node: hostname(), log, metrics, memory: paths.memory });
  const http = await startHttp(options, { metrics, gateways, log });
  try {
    await gateways.apply(loaded.configs);
  } catch (error) {
    await gateways.close();
    await http.close();
    throw error;
  }
  const watch = watchFiles(options.file, () => reload(options.file, gateways, log));
  closeOnSignals({
    limit: ShutdownLimit,
    log,
    close: async () => {
      watch.close();
      await gateways.close();
      paths.close();
      await http.close();
    },
  });
  return 0;
}

async function startHttp(
  options: LocalOptions,
  sources: { metrics: ReturnType<typeof createGatewayMetrics>; gateways: Gateways; log: Log },
): Promise<HttpServer> {
  const { metrics, gateways, log } = sources;
  const routes = gatewayRoutes({
    metrics,
    sessions: () => gateways.sessions(),
    unready: () => gateways.unready(),
  });
  try {
    const server = await serveHttp({
      address: options.httpAddress,
      tokenFile: options.tokenFile,
      routes,
      log,
    });
    log.info(
      { address: server.address },
      `HTTP on http://${server.address}: /metrics /healthz /readyz /v1/sessions`,
    );
    return server;
  } catch (error) {
    if (error instanceof HttpStartError && error.kind === 'usage') throw new UsageError(error.message);
    throw error;
  }
}

/** A bad edit is reported whole, and the last good configuration stays in force. */
function reload(paths: readonly string[], gateways: Gateways, log: Log): void {
  const loaded: LoadedDocuments = loadDocuments(paths);
  if (loaded.faults.length > 0) {
    for (const fault of loaded.faults) log.error(formatFault(fault));
    log.error(
      { faults: loaded.faults.length },
      'the edit is not applied; the last good configuration stays in force',
    );
    return;
  }
  gateways.apply(loaded.configs).then(
    () => log.info('the changed documents are in force'),
    (error: Error) =>
      log.error({ err: error }, `the changed documents could not be applied: ${error.message}`),
  );
}
