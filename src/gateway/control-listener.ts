// TCP port 1723 on the VpnServer's addresses: accepts connections within the limits before login and keeps them apart.
import { createServer, type Server, type Socket } from 'node:net';
import { formatAddress, parseAddress } from '../protocol/ip/address.ts';
import type { Admission } from './admission.ts';
import { ControlPeer, type ControlPeerOwner } from './control-peer.ts';
import type { ExpiryTimer } from './expiry-timer.ts';

export const ControlPort = 1723;

export interface ControlListenerOptions {
  /** Empty: every IPv4 address. */
  addresses: readonly number[];
  admission: Admission;
  timer: ExpiryTimer;
  owner: ControlPeerOwner;
  /** A connection was refused before any byte was read. */
  refused: (peerAddress: number, reason: string) => void;
  /** The kernel could not hand over a connection; the next one may come through. */
  acceptFailed: (errno: string) => void;
}

export class ControlListener {
  readonly #options: ControlListenerOptions;
  readonly #servers: Server[] = [];
  readonly #peers = new Set<ControlPeer>();

  constructor(options: ControlListenerOptions) {
    this.#options = options;
  }

  get peers(): ReadonlySet<ControlPeer> {
    return this.#peers;
  }

  /** Rejects with one clear error when an address is taken or not the node's. */
  async listen(): Promise<void> {
    const addresses = this.#options.addresses.length > 0 ? this.#options.addresses : [0];
    for (const address of addresses) this.#servers.push(await this.#listenOn(formatAddress(address)));
  }

  /** Accepts nobody new; those who are here stay. */
  stopAccepting(): void {
    for (const server of this.#servers.splice(0)) server.close();
  }

  forget(peer: ControlPeer): void {
    this.#peers.delete(peer);
    this.#options.timer.delete(peer);
  }

  #listenOn(host: string): Promise<Server> {
    return new Promise((resolve, reject) => {
      const server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
      const failToListen = (error: NodeJS.ErrnoException) => reject(new Error(explain(error, host)));
      server.once('error', failToListen);
      server.listen({ host, port: ControlPort, backlog: 512 }, () => {
        server.off('error', failToListen);
        server.on('error', ({ code }: NodeJS.ErrnoException) => this.#options.acceptFailed(code ?? ''));
        resolve(server);
      });
    });
  }

  #accept(socket: Socket): void {
    const local = parseAddress(socket.localAddress ?? '');
    const peer = parseAddress(socket.remoteAddress ?? '');
    if (local === undefined || peer === undefined) return void socket.destroy();
    const now = this.#options.owner.clock();
    const admitted = this.#options.admission.admit(peer, now);
    if (!admitted.accepted) {
      socket.destroy();
      this.#options.refused(peer, admitted.reason);
      return;
    }
    const controlPeer = new ControlPeer(socket, { local, peer }, admitted.ticket, this.#options.owner);
    this.#peers.add(controlPeer);
    this.#options.timer.add(controlPeer);
  }
}

function explain(error: NodeJS.ErrnoException, host: string): string {
  const where = `TCP ${host}:${ControlPort}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return `${where} is taken by another process; stop it (ss -ltnp 'sport = :${ControlPort}' shows which) or set spec.listenAddresses`;
    case 'EADDRNOTAVAIL':
      return `${where}: no interface has this address; correct spec.listenAddresses`;
    case 'EACCES':
      return `${where}: not permitted; run as root or add the capability NET_BIND_SERVICE`;
    default:
      return `${where}: ${error.message}`;
  }
}
