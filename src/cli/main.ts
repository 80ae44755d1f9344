// The command line: declares every command and maps failures to exit codes (0 done, 1 failed while running, 2 wrong usage).
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import type { GatewayCommandOptions } from './gateway.ts';
import type { LocalOptions } from './local.ts';
import type { OperatorCommandOptions } from './operator.ts';
import type { ProbeCommandOptions } from './probe.ts';
import { UsageError } from './usage-error.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

/** Commands load their modules when they run: `check` needs no koffi, `--help` needs nothing. */
function buildProgram(finish: (code: number) => void): Command {
  const program = new Command('vpn-operator')
    .description('A PPTP VPN server that runs wholly in userspace, for Kubernetes nodes and single hosts.')
    .version(version)
    .showHelpAfterError('(run with --help for usage)')
    .exitOverride();
  addLocal(program, finish);
  addCheck(program, finish);
  addSessions(program, finish);
  addProbe(program, finish);
  addGateway(program, finish);
  addOperator(program, finish);
  return program;
}

function addLocal(program: Command, finish: (code: number) => void): void {
  program
    .command('local')
    .description('serve VpnServer, VpnUser and Secret documents from files, without Kubernetes')
    .requiredOption('-f, --file <path>', 'a document or a folder of documents (repeatable)', collect, [])
    .option(
      '--http-address <address>',
      'where /metrics, /healthz, /readyz and /v1/sessions listen',
      '127.0.0.1:9723',
    )
    .option(
      '--state-dir <path>',
      'where learned path MTUs are kept over a restart (default: /var/lib/vpn-operator)',
    )
    .option('--token-file <path>', 'bearer token for /metrics and /v1 when --http-address is not loopback')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent (default: LOG_LEVEL or info)')
    .action(async (options: LocalOptions) => {
      const { runLocal } = await import('./local.ts');
      finish(await runLocal(options));
    });
}

function addCheck(program: Command, finish: (code: number) => void): void {
  program
    .command('check')
    .description('validate documents offline and print every fault')
    .requiredOption('-f, --file <path>', 'a document or a folder of documents (repeatable)', collect, [])
    .option('--output <format>', 'table or json', 'table')
    .action(async (options: { file: string[]; output: string }) => {
      const { runCheck } = await import('./check.ts');
      finish(await runCheck(options.file, options, process));
    });
}

function addSessions(program: Command, finish: (code: number) => void): void {
  program
    .command('sessions')
    .description('show the sessions of a running gateway')
    .option('--http-address <address>', 'the HTTP address of the gateway', '127.0.0.1:9723')
    .option('--token-file <path>', 'bearer token, when the gateway asks for one')
    .option('--output <format>', 'table or json', 'table')
    .action(async (options: { httpAddress: string; tokenFile?: string; output: string }) => {
      const { runSessions } = await import('./sessions.ts');
      finish(await runSessions(options, process));
    });
}

function addProbe(program: Command, finish: (code: number) => void): void {
  program
    .command('probe')
    .description('log in as a client, ping the gateway through the tunnel, and say which step failed and why')
    .requiredOption('--server <address>', 'the address or name a client would dial')
    .requiredOption('--user <name>', 'the user name')
    .requiredOption('--password-file <path>', 'a file that holds the password')
    .option('--output <format>', 'table or json', 'table')
    .option('--timeout <duration>', 'how long each step may take', '10s')
    .action(async (options: ProbeCommandOptions) => {
      const { runProbe } = await import('./probe.ts');
      finish(await runProbe(options, process));
    });
}

function addOperator(program: Command, finish: (code: number) => void): void {
  program
    .command('operator')
    .description('watch VpnServers and VpnUsers, and make the cluster match; runs in a Deployment')
    .option('--watch-namespace <name>', 'watch only this namespace (repeatable; default: all)', collect, [])
    .option('--namespace <name>', 'where the Lease is (default: POD_NAMESPACE, or vpn-operator-system)')
    .option('--gateway-image <image>', 'the image of the gateways', 'vpn-operator:dev')
    .option('--gateway-image-pull-policy <policy>', 'Always, IfNotPresent or Never', 'IfNotPresent')
    .option(
      '--gateway-image-pull-secret <name>',
      'a Secret in the namespace of each VpnServer that opens the registry (repeatable)',
      collect,
      [],
    )
    .option(
      '--reserved-range <cidr>',
      'a range that no pool may overlap and no client may reach (repeatable)',
      collect,
      [],
    )
    .option('--http-address <address>', 'where /metrics, /healthz and /readyz listen', '127.0.0.1:8080')
    .option('--no-leader-elect', 'act at once, without a Lease: for a single process')
    .option('--kubeconfig <path>', 'how to reach the cluster (default: KUBECONFIG, or the Pod itself)')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent (default: LOG_LEVEL or info)')
    .action(async (options: OperatorCommandOptions) => {
      const { runOperator } = await import('./operator.ts');
      finish(await runOperator(options));
    });
}

function addGateway(program: Command, finish: (code: number) => void): void {
  program
    .command('gateway')
    .description('serve the files that the operator wrote; runs in the pods of its DaemonSet')
    .requiredOption('--config-dir <path>', 'the folder of config.json and users-N.json, mounted from Secrets')
    .option('--http-address <address>', 'where /metrics, the probes and /v1 listen', '127.0.0.1:9723')
    .option('--token-file <path>', 'bearer token for /metrics and /v1 (default: token in --config-dir)')
    .option('--node <name>', 'the name of this node (default: NODE_NAME, or the name of the host)')
    .option('--state-dir <path>', 'where learned path MTUs are kept', '/var/lib/vpn-operator')
    .option('--run-as <uid>', 'become this user, without capabilities, once everything is open')
    .option('--termination-log <path>', 'where the reason goes when the process cannot start')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent (default: LOG_LEVEL or info)')
    .action(async (options: GatewayCommandOptions) => {
      const { runGateway } = await import('./gateway.ts');
      finish(await runGateway(options));
    });
}

/** Exit code of a failure; prints its one line unless commander already did. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`vpn-operator: ${message}\n`);
  return error instanceof UsageError ? 2 : 1;
}

async function main(argv: string[]): Promise<number> {
  let code = 0;
  const program = buildProgram((result) => {
    code = result;
  });
  try {
    await program.parseAsync(argv);
    return code;
  } catch (error) {
    return report(error);
  }
}

process.exitCode = await main(process.argv);
