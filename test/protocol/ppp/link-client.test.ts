// Our own client against our own server, over channels that lose packets: both ends agree on keys and addresses.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LinkOptions } from '../../../src/protocol/ppp/link.ts';
import { LinkClient, type LinkClientOutput } from '../../../src/protocol/ppp/link-client.ts';
import type { LinkOutput } from '../../../src/protocol/ppp/link-output.ts';
import { ntPasswordHash } from '../../../src/protocol/ppp/ms-chap-v2.ts';
import { countingRandom, LinkBench, network, ntHash, required } from '../../support/ppp-link.ts';

interface World {
  server: LinkBench;
  client: LinkClient;
  said: LinkClientOutput[];
}

/** Runs both ends until both are open, one is down, or a minute passed. */
function run(
  options: {
    loss?: number;
    seed?: number;
    hash?: Uint8Array;
    server?: Partial<LinkOptions>;
    /** Frames of the server that come before the client listens. */
    tooEarly?: number;
  } = {},
): World {
  const { loss = 0, seed = 1, hash = ntHash, server: serverOptions = {}, tooEarly = 0 } = options;
  const dice = countingRandom();
  dice(seed % 4096);
  const server = new LinkBench(serverOptions);
  const credentials = { username: 'alice', ntHash: hash };
  const random = countingRandom();
  random(7);
  const client = new LinkClient({ credentials, mru: 1400, encryption: required, random });
  const said: LinkClientOutput[] = [];
  let toServer: LinkClientOutput[] = [];
  let seen = 0;
  const say = (outputs: LinkClientOutput[]) => {
    said.push(...outputs);
    toServer.push(...outputs);
  };
  const arrives = () => dice(1)[0]! >= loss * 256;
  server.open();
  say(client.open(0));
  const isDone = () => said.some(({ type }) => type === 'down') || (isOpen(said) && isOpen(server.outputs));
  for (let step = 0; step < 5000 && !isDone(); step++) {
    const toClient = server.outputs.slice(Math.max(seen, tooEarly));
    seen = server.outputs.length;
    const sending = toServer;
    toServer = [];
    for (const output of sending) if (output.type === 'transmit' && arrives()) server.receiveFrame(output);
    for (const output of toClient) {
      if (output.type !== 'transmit' || !arrives()) continue;
      say(client.receive(output.protocol, output.information, server.now));
    }
    if (toServer.length === 0 && server.outputs.length === seen) {
      const next = Math.min(server.link.deadline, client.deadline);
      server.pass(Math.max(0, next - server.now));
      say(client.expire(server.now));
    } else server.now += 10;
  }
  return { server, client, said };
}

const isOpen = (outputs: readonly { type: string }[]) => outputs.some(({ type }) => type === 'opened');

function find<T extends LinkOutput['type']>(outputs: readonly { type: string }[], type: T) {
  return outputs.findLast((output) => output.type === type) as Extract<LinkOutput, { type: T }> | undefined;
}

describe('the client', () => {
  it('logs in, encrypts and gets an address; what one end sends with, the other receives with', () => {
    const { server, said } = run();
    const ours = find(server.outputs, 'encrypted');
    const its = find(said, 'encrypted');
    assert.ok(ours !== undefined && its !== undefined);
    assert.deepEqual(ours.transmit, its.receive);
    assert.deepEqual(ours.receive, its.transmit);
    assert.notDeepEqual(ours.receive.startKey, ours.transmit.startKey);
    const opened = said.find((output) => output.type === 'opened');
    assert.deepEqual(opened, {
      type: 'opened',
      address: network.address,
      gatewayAddress: network.gatewayAddress,
      dns: network.dns,
      peersMru: 1400,
    });
  });

  it('comes up in little more than a second where our first request came before it listened', () => {
    const { server, said } = run({ tooEarly: 1 });
    assert.ok(isOpen(said) && isOpen(server.outputs));
    assert.ok(server.now >= 1000 && server.now < 1300, `${server.now} ms`);
  });

  it('comes up at 20 % loss with equal keys in 117 of 120 runs or more', () => {
    let open = 0;
    for (let seed = 1; seed <= 120; seed++) {
      const { server, said } = run({ loss: 0.2, seed: seed * 13 });
      if (!isOpen(said) || !isOpen(server.outputs)) continue;
      open++;
      assert.deepEqual(
        find(server.outputs, 'encrypted')?.transmit,
        find(said, 'encrypted')?.receive,
        `seed ${seed}`,
      );
    }
    assert.ok(open >= 117, `${open} of 120`);
  });

  it('says which step failed: a wrong password', () => {
    const { said } = run({ hash: ntPasswordHash('wrong') });
    assert.deepEqual(said.at(-1), {
      type: 'down',
      step: 'authentication',
      detail: 'login refused (691): wrong user name or password',
    });
  });

  it('says which step failed: a server without encryption', () => {
    const { said } = run({ server: { encryption: { ...required, policy: 'Disabled' } } });
    const down = said.at(-1);
    assert.ok(down?.type === 'down' && down.step === 'encryption', JSON.stringify(down));
  });

  it('answers echoes, sends probes and hangs up', () => {
    const { server, client } = run();
    const [probe] = client.probe(1000, server.now).outputs;
    assert.ok(probe?.type === 'transmit');
    const [reply] = server.receiveFrame(probe);
    assert.match(reply ?? '', /^< LCP Echo-Reply/);
    const [bye] = client.terminate('done', server.now);
    assert.ok(bye?.type === 'transmit');
    server.receiveFrame(bye);
    server.pass(2000);
    assert.equal(server.link.phase, 'Dead');
  });

  it('ends by itself when nobody answers', () => {
    const { said } = run({ loss: 1 });
    const down = said.at(-1);
    assert.ok(down?.type === 'down' && down.step === 'lcp', JSON.stringify(down));
  });
});
