// `vpn-operator operator`: the controller. Watches VpnServers and VpnUsers, and makes the cluster match.
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { isIPv4Range } from '../api/ipv4-text.ts';
import { namespacePattern, objectNamePattern } from '../api/schema-texts.ts';
import { type Operator, startOperator } from '../operator/operator.ts';
import { type HttpAnswer, type HttpRoute, HttpStartError, serveHttp } from '../process/http.ts';
import { closeOnSignals } from '../process/shutdown.ts';
import { openLog } from './open-log.ts';
import { UsageError } from './usage-error.ts';

export interface OperatorCommandOptions {
  watchNamespace: string[];
  namespace?: string;
  gatewayImage: string;
  gatewayImagePullPolicy: string;
  gatewayImagePullSecret: string[];
  reservedRange: string[];
  httpAddress: string;
  leaderElect: boolean;
  kubeconfig?: string;
  logLevel?: string;
}

/** Writes that are under way end within this time, ms. */
const ShutdownLimit = 8_000;
const pullPolicies = ['Always', 'IfNotPresent', 'Never'];

/** Returns when the operator runs; the event loop keeps it running. */
export async function runOperator(options: OperatorCommandOptions): Promise<number> {
  checkUsage(options);
  const log = openLog(options.logLevel);
  const operator = startOperator({
    namespaces: options.watchNamespace,
    namespace: options.namespace ?? process.env['POD_NAMESPACE'] ?? 'vpn-operator-system',
    identity: `${process.env['POD_NAME'] ?? hostname()}_${randomUUID()}`,
    gatewayImage: {
      image: options.gatewayImage,
      imagePullPolicy: options.gatewayImagePullPolicy,
      pullSecrets: options.gatewayImagePullSecret,
    },
    reservedRanges: options.reservedRange,
    leading: options.leaderElect ? 'elected' : 'always',
    log,
    ...(options.kubeconfig === undefined ? {} : { kubeconfig: options.kubeconfig }),
  });
  const http = await startHttp(options, operator, log);
  log.info({ address: http.address }, `HTTP on http://${http.address}: /metrics /healthz /readyz`);
  closeOnSignals({
    limit: ShutdownLimit,
    log,
    close: async () => {
      await operator.close();
      await http.close();
    },
  });
  return 0;
}

function checkUsage(options: OperatorCommandOptions): void {
  const { gatewayImagePullPolicy, gatewayImagePullSecret, reservedRange, watchNamespace } = options;
  if (!pullPolicies.includes(gatewayImagePullPolicy))
    throw new UsageError(
      `--gateway-image-pull-policy "${gatewayImagePullPolicy}": use one of ${pullPolicies.join(', ')}`,
    );
  for (const name of watchNamespace) {
    if (!new RegExp(namespacePattern).test(name))
      throw new UsageError(
        `--watch-namespace "${name}": write the name of one namespace, and repeat the option for more`,
      );
  }
  for (const name of gatewayImagePullSecret) {
    if (!new RegExp(objectNamePattern).test(name))
      throw new UsageError(`--gateway-image-pull-secret "${name}": write the name of a Secret`);
  }
  for (const range of reservedRange) {
    if (!isIPv4Range(range))
      throw new UsageError(`--reserved-range "${range}": write an IPv4 range such as 10.96.0.0/12`);
  }
}

async function startHttp(
  options: OperatorCommandOptions,
  operator: Operator,
  log: ReturnType<typeof openLog>,
) {
  const { metrics } = operator;
  const routes: HttpRoute[] = [
    {
      path: '/metrics',
      access: 'open',
      answer: async () => ({ status: 200, contentType: metrics.contentType, body: await metrics.scrape() }),
    },
    { path: '/healthz', access: 'open', answer: () => verdict(operator.unhealthy()) },
    { path: '/readyz', access: 'open', answer: () => verdict(operator.unready()) },
  ];
  try {
    // Nothing here is confidential: counters, and whether all is well.
    return await serveHttp({ address: options.httpAddress, routes, log });
  } catch (error) {
    await operator.close();
    if (error instanceof HttpStartError && error.kind === 'usage') throw new UsageError(error.message);
    throw error;
  }
}

function verdict(problem: string | undefined): HttpAnswer {
  const contentType = 'text/plain; charset=utf-8';
  if (problem === undefined) return { status: 200, contentType, body: 'ok\n' };
  return { status: 503, contentType, body: `${problem}\n` };
}
