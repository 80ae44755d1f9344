// Whether the operator is well: alive means that its watches move, ready that they have shown it everything.
import type { Clock } from './clock.ts';
import type { World } from './world.ts';

/**
 * A watch shows a sign about once a minute, and tries again twice a minute while the API server is away. One that shows
 * none for so long hangs, and only a restart helps. ms.
 */
const LongestSilence = 10 * 60_000;

/** Why the process should be restarted; undefined: it should not. */
export function unhealthy(world: World, clock: Clock): string | undefined {
  const now = clock.now();
  const stale = world.watches.filter(({ oldestSign }) => now - oldestSign > LongestSilence);
  if (stale.length === 0) return undefined;
  const kinds = stale.map(({ resource }) => resource.plural).join(', ');
  return `no sign of life from the watch of ${kinds} for ${Math.round(LongestSilence / 60_000)} minutes`;
}

/** A replica that waits for the Lease is ready, too: it can take over at once. */
export function unready(world: World, clock: Clock): string | undefined {
  if (!world.hasSynced) return 'VpnServers and VpnUsers were not listed yet';
  if (!world.knowsCluster) return 'the nodes of the cluster were not listed yet';
  return unhealthy(world, clock);
}
