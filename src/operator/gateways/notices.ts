// Makes Events of what gateways want people to hear, each once: a gateway numbers its notices, and number and process are
// the Event's name, so that an operator that starts anew cannot tell them twice. Clients cause them, so they are rationed.
import { createHash } from 'node:crypto';
import type { GatewayNotice, GatewayNotices } from '../../api/gateway-status.ts';
import { Allowance } from '../allowance.ts';
import type { Clock } from '../clock.ts';
import type { EventRecorder } from '../kube/event-recorder.ts';
import type { KubeObject, ObjectKey } from '../kube/object.ts';
import { serverKeyOfUser } from '../user-index.ts';
import type { World } from '../world.ts';

export interface NoticeServices {
  readonly world: Pick<World, 'servers' | 'users'>;
  readonly events: Pick<EventRecorder, 'record'>;
  readonly clock: Clock;
}

/** Events about one object: client-go's own limit against spam. */
const PerObject = { burst: 25, perSecond: 1 / 300 };
/** Of all gateways together. */
const InAll = { burst: 200, perSecond: 2 };
/** What is older when a gateway is seen for the first time was told by somebody else, or is no news any more, ms. */
const OldestNews = 15 * 60_000;
/** Objects, and processes of gateways. */
const MostRemembered = 4096;

export class NoticeTeller {
  readonly #services: NoticeServices;
  readonly #all = new Allowance(InAll);
  readonly #byObject = new Map<string, Allowance>();
  /** The last notice that was dealt with, by the gateway's process. */
  readonly #told = new Map<string, number>();
  readonly #telling = new Set<string>();

  constructor(services: NoticeServices) {
    this.#services = services;
  }

  /** Never rejects. What cannot be written now comes again with the gateway's next report. */
  async tell(server: ObjectKey, { process, now, latest }: GatewayNotices): Promise<void> {
    const last = latest.at(-1)?.sequence ?? 0;
    if (process === '' || this.#telling.has(process) || last <= (this.#told.get(process) ?? 0)) return;
    this.#telling.add(process);
    const isNewToUs = !this.#told.has(process);
    for (const notice of latest) {
      if (notice.sequence <= (this.#told.get(process) ?? 0)) continue;
      const isOld = isNewToUs && Date.parse(now) - Date.parse(notice.time) > OldestNews;
      if (!isOld && !(await this.#record(server, process, notice))) break;
      setBounded(this.#told, process, notice.sequence);
    }
    this.#telling.delete(process);
  }

  /** False: try again. */
  async #record(server: ObjectKey, process: string, notice: GatewayNotice): Promise<boolean> {
    const object = this.#concerned(server, notice);
    const allowance = this.#byObject.get(object?.metadata.uid ?? '') ?? new Allowance(PerObject);
    const now = this.#services.clock.now();
    if (object === undefined || allowance.wait(now) > 0 || this.#all.wait(now) > 0) return true;
    const { reason, message: note, sequence } = notice;
    const id = createHash('sha256').update(`${process} ${sequence}`).digest('hex').slice(0, 13);
    const type = reason === 'GreBlocked' || reason === 'LargePacketsLost' ? 'Warning' : 'Normal';
    const isTold = await this.#services.events.record(object, { type, reason, action: 'Connect', note, id });
    if (!isTold) return false;
    allowance.take(now);
    this.#all.take(now);
    setBounded(this.#byObject, object.metadata.uid ?? '', allowance);
    return true;
  }

  /** A gateway speaks of its own users only; what it says of others, or of nobody, is the server's. */
  #concerned(server: ObjectKey, { user }: GatewayNotice): KubeObject | undefined {
    const { servers, users } = this.#services.world;
    const known = user === undefined ? undefined : users.cache.get(`${user.namespace}/${user.name}`);
    if (known !== undefined && serverKeyOfUser(known) === server) return known;
    return servers.cache.get(server);
  }
}

/** Who was heard of least lately is forgotten. */
function setBounded<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MostRemembered && oldest !== undefined) map.delete(oldest);
}
