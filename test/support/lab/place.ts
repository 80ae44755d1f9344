// Where a client machine stands in the lab's network.
import type { Namespace } from './namespaces.ts';

export interface Place {
  /** The router or NAT the machine stands behind. */
  home: Namespace;
  /** Device in `home`, unique there. */
  device: string;
  /** `home`'s address on that link and the machine's own, both with prefix length. */
  gateway: string;
  address: string;
}
