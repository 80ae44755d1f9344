// A home, hotel or café: the router behind which clients stand, with the NATs of the real world.
import type { Namespace } from './namespaces.ts';

export type Nat =
  /** Public addresses, plain routing. */
  | 'none'
  /** Linux with its PPTP helper: tracks and rewrites call ids, any number of clients. */
  | 'pptpHelper'
  /** A cheap box that maps GRE by protocol number only: all of it goes to the first client. */
  | 'greToFirstClient'
  /** Linux without the helper: no GRE finds its way back. */
  | 'noHelper';

export interface NatAddresses {
  outside: string;
  firstClient: string;
}

const table = 'home';

/** Sets how `home` translates. Connections made before keep their old translation. */
export async function setNat(home: Namespace, nat: Nat, addresses: NatAddresses): Promise<void> {
  await home.nftTable(table, chains[nat](addresses));
}

const masquerade = `chain postrouting { type nat hook postrouting priority srcnat;
  oifname "wan0" masquerade
}`;

const chains: Record<Nat, (addresses: NatAddresses) => string> = {
  none: () => '',
  noHelper: () => masquerade,
  pptpHelper: () => `ct helper pptp { type "pptp" protocol tcp; }
chain prerouting { type filter hook prerouting priority filter;
  tcp dport 1723 ct helper set "pptp"
}
${masquerade}`,
  // Untracked: the source is rewritten on the way out, the destination on the way in, whatever the call id says.
  greToFirstClient: ({
    outside,
    firstClient,
  }) => `chain prerouting { type filter hook prerouting priority raw;
  iifname "wan0" ip protocol gre notrack ip daddr set ${firstClient}
  iifname != "wan0" ip protocol gre notrack
}
chain outbound { type filter hook postrouting priority mangle;
  oifname "wan0" ip protocol gre ip saddr set ${outside}
}
${masquerade}`,
};
