// `make demo-cluster`: the same story on a real Kubernetes of two nodes: a minute, once its programs are built.
//
//   office ─────────── node2 ──┐
//   192.168.80.2  172.31.0.12  ├── network ─── internet ─── laptop
//   web server         node1 ──┘               kubectl      192.168.1.10, Linux, pptp, pppd
//
// Each command is run as it is shown. Nodes are network namespaces with a containerd and a kubelet of their own;
// everything disappears at the end, also after Ctrl-C. The building blocks are those of the cluster tests.
import { gatewayLog } from '../test/support/kubernetes/gateway-log.ts';
import { cannotInstall } from '../test/support/kubernetes/installation.ts';
import { nothingLeftBehind } from '../test/support/kubernetes/left-behind.ts';
import { inShell } from '../test/support/kubernetes/shell.ts';
import { type Connection, dial } from '../test/support/lab/client.ts';
import { snapshotHost } from '../test/support/lab/residue.ts';
import { type DemoCluster, officeAddress, prepare, startDemoCluster } from './demo/cluster.ts';
import { downloadOnto } from './demo/download.ts';
import { sampleCredentials, samplesPath } from './demo/samples.ts';
import { bold, dim, quote, say, step, tellFailure } from './demo/terminal.ts';

const install = `helm install vpn-operator charts/vpn-operator -n vpn-operator-system --create-namespace --wait \\
  --set image.tag=dev --set 'watchNamespaces={vpn}' --set createNamespaces=true`;
const wait = 'kubectl wait vpns/office -n vpn --for=condition=Ready --timeout=90s';
const look = 'kubectl get vpns,vpnu -n vpn';
const remove = `kubectl delete -f ${samplesPath} --ignore-not-found && helm uninstall vpn-operator -n vpn-operator-system`;

let demo: DemoCluster | undefined;

const missing = cannotInstall();
if (missing) {
  say(`demo-cluster: ${missing}`);
  process.exit(1);
}
try {
  await tellTheStory();
} catch (error) {
  tellFailure(error, demo === undefined ? [] : gatewayMessages(demo).slice(-15));
  process.exit(1); // and with it goes what was built
}

async function tellTheStory(): Promise<void> {
  say(`\n${bold('A PPTP VPN on Kubernetes: Helm, kubectl, and a real Linux client that dials in')}\n`);
  say('  office ─────────── node2 ──┐');
  say('                             ├── network ─── internet ─── laptop');
  say(dim(`  ${officeAddress}       node1 ──┘                            pptp + pppd\n`));
  const before = await snapshotHost();
  await step(
    'building Kubernetes and the image, once',
    prepare,
    () => 'Kubernetes and the image vpn-operator:dev are built',
  );
  demo = await step(
    'starting two nodes and a laptop',
    startDemoCluster,
    ({ version }) => `Kubernetes ${version} with two nodes; a laptop on the internet`,
  );
  await installAndApply(demo);
  await connect(demo);
  await type(demo, remove);
  await step(
    'looking for leftovers',
    async () => {
      demo?.cluster.close();
      await nothingLeftBehind(before);
    },
    () => 'No namespace, process, mount or cgroup is left',
  );
  sayWhatNext();
}

async function installAndApply(lab: DemoCluster): Promise<void> {
  await type(lab, install, (lines) => lines.filter((line) => /^(NAME|STATUS|REVISION):/.test(line)));
  await type(lab, `kubectl apply -f ${samplesPath}`);
  await type(lab, wait);
  await type(lab, look);
}

async function connect(lab: DemoCluster): Promise<void> {
  const { user, password } = sampleCredentials();
  const dialled = Date.now();
  const connection = await dial(lab.laptop, {
    server: lab.node.address,
    user,
    password,
    routes: [`${officeAddress}/32`],
  });
  await step(
    `logging in to node2 as ${user}`,
    () => connection.up(),
    ({ encryption, localAddress }) => `${user} is logged in on node2: ${encryption}, address ${localAddress}`,
  );
  quote(gatewayMessages(lab, dialled));
  await step(
    'downloading from the office behind node2',
    () => downloadOnto(lab.laptop, officeAddress),
    ({ megabytes, megabits }) =>
      `${megabytes} MB from the office, SHA-256 as sent, at ${megabits.toFixed(0)} Mbit/s`,
  );
  await lab.sessionInStatus(user);
  await type(lab, look);
  await cutOff(lab, connection, user);
}

async function cutOff(lab: DemoCluster, connection: Connection, user: string): Promise<void> {
  const began = Date.now();
  await type(lab, `kubectl delete vpnuser ${user} -n vpn`);
  await step(
    'waiting for the session’s end',
    () => connection.down(),
    () => {
      const ended = gatewayLog(lab.node, began).find(({ reason }) => reason === 'user_removed');
      return `The session ended ${(((ended?.time ?? Number.NaN) - began) / 1000).toFixed(1)} s after kubectl began`;
    },
  );
  quote(gatewayMessages(lab, began));
}

/** Runs a command as a person would, and shows what it prints. */
async function type(
  lab: DemoCluster,
  command: string,
  choose = (lines: readonly string[]) => lines,
): Promise<void> {
  const [firstLine = ''] = command.split('\n');
  const output = await step(
    firstLine,
    () => inShell(lab.cluster, command),
    () => `$ ${command.replaceAll('\n', '\n    ')}`,
  );
  quote(choose(output.trimEnd().split('\n')));
}

function gatewayMessages(lab: DemoCluster, since = 0): string[] {
  return gatewayLog(lab.node, since).map(({ msg }) => msg);
}

function sayWhatNext(): void {
  say(`\n${bold('What next')}`);
  say(`  README.md, docs/kubernetes.md   ${dim('the same five commands, for your cluster')}`);
  say(`  make test-cluster               ${dim('all tests on this Kubernetes')}`);
  say(`  deploy/samples                  ${dim('the server and the users that you saw')}\n`);
}
