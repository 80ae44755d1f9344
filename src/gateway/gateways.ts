// The VpnServers that this process serves: starts, reloads and stops one gateway each as the configuration says.
import type { GatewayConfig } from '../api/gateway-config.ts';
import { Gateway, type GatewayOptions } from './gateway.ts';
import type { SessionSnapshot } from './session-view.ts';
import type { GatewayReport } from './user-activity.ts';

export class Gateways {
  readonly #options: GatewayOptions;
  readonly #running = new Map<string, Gateway>();
  #applying: Promise<void> = Promise.resolve();
  #unready: string | undefined = 'no configuration was applied yet';

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /** Rejects when a gateway cannot start; those that run go on. Calls are carried out one after the other. */
  apply(configs: readonly GatewayConfig[]): Promise<void> {
    this.#applying = this.#applying.catch(() => {}).then(() => this.#apply(configs));
    return this.#applying;
  }

  sessions(): SessionSnapshot[] {
    return [...this.#running.values()].flatMap((gateway) => gateway.sessions());
  }

  reports(): GatewayReport[] {
    return [...this.#running.values()].map((gateway) => gateway.report());
  }

  /** What is missing before clients can log in; undefined when nothing is. */
  unready(): string | undefined {
    return this.#unready;
  }

  /** Ends all sessions politely and removes everything from the kernel. */
  async close(): Promise<void> {
    this.#unready = 'stopping';
    await this.#applying.catch(() => {});
    await Promise.all([...this.#running.values()].map((gateway) => gateway.close()));
    this.#running.clear();
  }

  async #apply(configs: readonly GatewayConfig[]): Promise<void> {
    const wanted = new Map(
      configs.map((config) => [`${config.server.namespace}/${config.server.name}`, config]),
    );
    for (const [key, gateway] of this.#running) {
      if (wanted.has(key)) continue;
      this.#running.delete(key);
      await gateway.close();
    }
    for (const [key, config] of wanted) await this.#bring(key, config);
    this.#unready = undefined;
  }

  /** A gateway whose listening addresses or tunnel changed is started anew; everything else is a reload. */
  async #bring(key: string, config: GatewayConfig): Promise<void> {
    const gateway = this.#running.get(key);
    if (gateway !== undefined) {
      if (gateway.canReload(config)) return gateway.reload(config);
      this.#options.log.warn(
        { server: key },
        `${key}: its addresses changed; its sessions end and it starts anew`,
      );
      this.#running.delete(key);
      await gateway.close();
    }
    this.#running.set(key, await Gateway.start(config, this.#options));
  }
}
