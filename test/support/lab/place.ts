// Where a machine stands in the lab's network.
import type { Namespace } from './namespaces.ts';

/** One link of a machine. */
export interface Attachment {
  /** What the link leads to: the router or NAT the machine stands behind. */
  home: Namespace;
  /** Device in `home`, unique there. */
  device: string;
  /** `home`'s address on that link and the machine's own, both with prefix length. */
  gateway: string;
  address: string;
}

/** The link to the default gateway, the machine's eth0. */
export interface Place extends Attachment {
  /** A second network, on the machine's eth1. */
  second?: Attachment;
}
