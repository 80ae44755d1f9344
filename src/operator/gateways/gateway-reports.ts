// The last word of every gateway. Asks them in turn while this process leads, more often those that are to load a new
// configuration, and tells whom it concerns when something changed.
import type { GatewayNotices, GatewayStatus, UserActivity } from '../../api/gateway-status.ts';
import type { Clock } from '../clock.ts';
import type { ObjectKey } from '../kube/object.ts';
import { askGateway, type GatewayAddress } from './gateway-client.ts';

export interface GatewayTarget extends GatewayAddress {
  readonly server: ObjectKey;
  /** The hash that it should load. */
  readonly wantedHash: string | undefined;
}

export interface GatewayReport {
  readonly status: GatewayStatus | undefined;
  readonly unreachable: string | undefined;
  readonly users: ReadonlyMap<ObjectKey, UserActivity>;
}

export interface GatewayReportsOptions {
  readonly clock: Clock;
  readonly ask?: typeof askGateway;
  readonly serverChanged: (server: ObjectKey) => void;
  readonly userChanged: (user: ObjectKey) => void;
  /** With every answer, whether or not there is anything new. */
  readonly noticed: (server: ObjectKey, notices: GatewayNotices) => void;
}

interface Followed {
  target: GatewayTarget;
  report: GatewayReport;
  usersRevision: string;
  failures: number;
  asking: boolean;
  cancel: () => void;
}

const AskEvery = 2_000;
const AskEagerly = 200;
/** One lost answer is no news. */
const FailuresUntilUnreachable = 2;
const nothing: GatewayReport = { status: undefined, unreachable: undefined, users: new Map() };

export class GatewayReports {
  readonly #options: GatewayReportsOptions;
  readonly #ask: typeof askGateway;
  readonly #followed = new Map<string, Followed>();

  constructor(options: GatewayReportsOptions) {
    this.#options = options;
    this.#ask = options.ask ?? askGateway;
  }

  /** By the pod's uid. */
  get(pod: string): GatewayReport {
    return this.#followed.get(pod)?.report ?? nothing;
  }

  /** What all gateways say of one user. */
  ofUser(user: ObjectKey): UserActivity[] {
    return [...this.#followed.values()].flatMap(({ report }) => report.users.get(user) ?? []);
  }

  /** From now on `pod` is asked; a target that now wants another hash is asked at once. */
  follow(pod: string, target: GatewayTarget): void {
    const known = this.#followed.get(pod);
    if (known === undefined) {
      const followed = {
        target,
        report: nothing,
        usersRevision: '',
        failures: 0,
        asking: false,
        cancel: () => {},
      };
      this.#followed.set(pod, followed);
      this.#schedule(pod, followed, 0);
      return;
    }
    const isNews = known.target.wantedHash !== target.wantedHash;
    known.target = target;
    if (isNews) this.#schedule(pod, known, AskEagerly);
  }

  /** Pods of this server that are not among `pods` are gone. */
  keepOnly(server: ObjectKey, pods: ReadonlySet<string>): void {
    for (const [pod, { target, cancel, report }] of this.#followed) {
      if (target.server !== server || pods.has(pod)) continue;
      cancel();
      this.#followed.delete(pod);
      for (const user of report.users.keys()) this.#options.userChanged(user);
    }
  }

  /** Somebody else leads: nobody is asked any more, and what was said is stale. */
  clear(): void {
    for (const { cancel } of this.#followed.values()) cancel();
    this.#followed.clear();
  }

  #schedule(pod: string, followed: Followed, delay: number): void {
    followed.cancel();
    followed.cancel = this.#options.clock.after(delay, () => void this.#turn(pod, followed));
  }

  async #turn(pod: string, followed: Followed): Promise<void> {
    if (followed.asking) return;
    followed.asking = true;
    try {
      const status = await this.#ask(followed.target, '/v1/status');
      followed.failures = 0;
      this.#options.noticed(followed.target.server, status.notices);
      const users =
        status.usersRevision === followed.usersRevision ? undefined : await this.#askUsers(followed);
      this.#learn(pod, followed, { status, unreachable: undefined, users: users ?? followed.report.users });
    } catch (error) {
      followed.failures += 1;
      if (followed.failures >= FailuresUntilUnreachable)
        this.#learn(pod, followed, {
          ...nothing,
          unreachable: (error as Error).message,
          users: followed.report.users,
        });
    }
    followed.asking = false;
    if (this.#followed.get(pod) !== followed) return;
    const { wantedHash } = followed.target;
    const isBehind = wantedHash !== undefined && followed.report.status?.configHash !== wantedHash;
    this.#schedule(pod, followed, isBehind && followed.failures === 0 ? AskEagerly : AskEvery);
  }

  async #askUsers(followed: Followed): Promise<ReadonlyMap<ObjectKey, UserActivity>> {
    const { users, usersRevision } = await this.#ask(followed.target, '/v1/users');
    followed.usersRevision = usersRevision;
    return new Map(users.map((user) => [`${user.namespace}/${user.name}`, user]));
  }

  #learn(pod: string, followed: Followed, report: GatewayReport): void {
    const before = followed.report;
    followed.report = report;
    if (this.#followed.get(pod) !== followed) return;
    if (textOf(before) !== textOf(report)) this.#options.serverChanged(followed.target.server);
    if (before.users === report.users) return;
    for (const key of new Set([...before.users.keys(), ...report.users.keys()])) {
      const isNews = JSON.stringify(before.users.get(key)) !== JSON.stringify(report.users.get(key));
      if (isNews) this.#options.userChanged(key);
    }
  }
}

function textOf({ status, unreachable }: GatewayReport): string {
  return JSON.stringify([{ ...status, usersRevision: undefined, notices: undefined }, unreachable]);
}
