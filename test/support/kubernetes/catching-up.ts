// An API server's parts learn of a change by watching, some moments after it was answered: who uses it at once waits here.
import { eventually } from '../lab/commands.ts';
import type { Kubectl } from './kubectl.ts';

const patience = 15_000;

/** Waits until both kinds can be used. */
export async function untilServed(kubectl: Kubectl): Promise<void> {
  await kubectl.run(['wait', '--for=condition=Established', '--timeout=30s', 'crd', '--all']);
  await eventually('both kinds', patience, async () =>
    (await kubectl.attempt(['get', 'vpnservers,vpnusers', '-A'])).code === 0 ? 'served' : undefined,
  );
}

/** Waits until `kubectl auth can-i` answers so to the user of this kubectl. @param what e.g. `list secrets -n vpn`, in words */
export async function untilRights(
  kubectl: Kubectl,
  answer: 'yes' | 'no',
  ...what: readonly string[]
): Promise<void> {
  await eventually(`${answer} to ${what.join(' ')}`, patience, async () => {
    const { stdout } = await kubectl.attempt(['auth', 'can-i', ...what]);
    return stdout.startsWith(answer) ? 'so' : undefined;
  });
}
