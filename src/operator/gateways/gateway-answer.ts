// The shape of what gateways answer, judged here and nowhere else: whoever holds the token can answer anything, and a
// field of another type would end the operator far from here. Whether an answer is true is not judged.
import { type TSchema, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { Value } from 'typebox/value';
import {
  type GatewayStatus,
  mostNotices,
  mostPaths,
  pathStates,
  type UsersActivity,
} from '../../api/gateway-status.ts';

export type GatewayPath = '/v1/status' | '/v1/users';
export type GatewayAnswer = { '/v1/status': GatewayStatus; '/v1/users': UsersActivity };

/** Sums over all gateways still fit the int32 of a status. */
const count = Type.Integer({ minimum: 0, maximum: 2 ** 24 });
const mtu = Type.Integer({ minimum: 0, maximum: 65_535 });
const upTo = (maxLength: number) => Type.String({ maxLength });
const nullOr = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
/** Later versions know more reasons; each becomes that of a condition or an Event. */
const reason = Type.String({ pattern: '^[A-Za-z][A-Za-z0-9]*$', maxLength: 128 });
const message = upTo(8_192);
const time = Type.String({ format: 'date-time', maxLength: 40 });
const from = upTo(45);
const named = { namespace: upTo(63), name: upTo(253) };
const userName = Type.Object(named);

const sessionPath = Type.Object({
  ...{ user: userName, from, state: upTo(64) },
  ...{ interfaceMTU: nullOr(mtu), pathMTU: mtu, tunnelMTU: mtu },
});
const pathSummary = Type.Object({
  states: Type.Object(
    Object.fromEntries(Object.keys(pathStates).map((state) => [state, Type.Optional(count)])),
  ),
  tunnelMTU: nullOr(Type.Object({ smallest: mtu, largest: mtu })),
  sessions: Type.Array(sessionPath, { maxItems: mostPaths }),
});
const notice = Type.Object({
  sequence: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  ...{ time: upTo(40), reason, message, user: Type.Optional(userName) },
});
const notices = Type.Object({
  process: upTo(64),
  now: upTo(40),
  latest: Type.Array(notice, { maxItems: mostNotices }),
});
const status = Type.Object({
  node: upTo(253),
  server: nullOr(userName),
  configHash: nullOr(upTo(128)),
  ready: Type.Boolean(),
  problems: Type.Array(Type.Object({ reason, message }), { maxItems: 100 }),
  sessions: count,
  addresses: Type.Object({ total: count, used: count }),
  usedAddresses: Type.Optional(Type.Array(upTo(45))),
  pathMTU: Type.Optional(pathSummary),
  notices: Type.Optional(notices),
  usersRevision: upTo(128),
});
const user = Type.Object({
  ...named,
  sessions: count,
  path: Type.Optional(Type.Object({ tunnelMTU: mtu, pathMTU: mtu })),
  lastSeen: Type.Optional(Type.Object({ time, from })),
  lastFailure: Type.Optional(Type.Object({ time, from, reason: upTo(128), message })),
});
const users = Type.Object({ usersRevision: upTo(128), users: Type.Array(user) });

const shapes = {
  '/v1/status': { schema: status, compiled: Compile(status) },
  '/v1/users': { schema: users, compiled: Compile(users) },
};

/** Said by no gateway of an earlier version: the pods are replaced one after the other, this operator first. */
const unsaid: Pick<GatewayStatus, 'usedAddresses' | 'pathMTU' | 'notices'> = {
  usedAddresses: [],
  pathMTU: { states: {}, tunnelMTU: null, sessions: [] },
  notices: { process: '', now: '', latest: [] },
};

/**
 * Without what only later versions say.
 * @throws {Error} with half a sentence that says what is wrong first.
 */
export function answerOf<Path extends GatewayPath>(path: Path, text: string): GatewayAnswer[Path] {
  const value = parsed(text);
  const { schema, compiled } = shapes[path];
  if (!compiled.Check(value)) {
    const [first] = compiled.Errors(value);
    throw new Error(`${first?.instancePath.slice(1) ?? ''} ${first?.message ?? 'is malformed'}`.trim());
  }
  const known = Value.Clean(schema, value) as GatewayAnswer[Path];
  return path === '/v1/status' ? { ...unsaid, ...known } : known;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('no JSON');
  }
}
