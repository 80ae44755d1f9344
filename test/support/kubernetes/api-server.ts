// What a test file about the API itself needs: an API server with our CRDs, ours or the user's, and a namespace of the
// test's own in it.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { labPrefix } from '../lab/commands.ts';
import { Undo } from '../lab/undo.ts';
import { type Api, startApi } from './api.ts';
import { untilServed } from './catching-up.ts';
import { type ControlPlane, startControlPlane, type TokenUser } from './control-plane.ts';
import { Kubectl } from './kubectl.ts';
import { givenKubeconfig } from './programs.ts';

const repository = resolve(import.meta.dirname, '../../..');

export interface ApiServer {
  readonly kubectl: Kubectl;
  readonly api: Api;
  /** Made for this test file. */
  readonly namespace: string;
  /** Absent where the cluster is the user's: it is not ours to stop. */
  readonly controlPlane: ControlPlane | undefined;
  close(): Promise<void>;
}

export async function openApiServer(options: { users?: readonly TokenUser[] } = {}): Promise<ApiServer> {
  const undo = new Undo();
  const given = givenKubeconfig();
  const controlPlane = given ? undefined : await startControlPlane(options);
  const kubectl = controlPlane?.kubectl() ?? new Kubectl(['kubectl'], given ?? '');
  const namespace = `${labPrefix}-test`;
  await kubectl.run(['create', 'namespace', namespace]);
  await applyCustomResources(kubectl);
  const api = await startApi(undo, kubectl);
  const close = async () => {
    // Emptying it takes the cluster a while, or for ever where no controller does it.
    if (given) await kubectl.attempt(['delete', 'namespace', namespace, '--wait=false']);
    undo.now();
    controlPlane?.close();
  };
  return { kubectl, api, namespace, controlPlane, close };
}

/** Both kinds and the policy that warns; returns when they can be used. */
export async function applyCustomResources(kubectl: Kubectl): Promise<void> {
  for (const file of ['crds/vpnservers.yaml', 'crds/vpnusers.yaml', 'deploy/weak-encryption-policy.yaml']) {
    await kubectl.apply(readFileSync(resolve(repository, file), 'utf8'));
  }
  await untilServed(kubectl);
}
