// Lets test/transcripts/ppp-*.md speak with the server's end of a PPP link.
// Parameters: policy, keyLengths=128,40, stateless, mru, keepalive (ms), user, reject=647 (the verdict), dns and wins
// (how many the server has).

import type { EncryptionPolicy } from '../../../src/protocol/ppp/ccp.ts';
import type { Verdict } from '../../../src/protocol/ppp/chap.ts';
import type { KeyLength } from '../../../src/protocol/ppp/mppe-keys.ts';
import { LinkBench, network, ntHash } from '../../support/ppp-link.ts';
import { runTranscripts, type TranscriptMachine } from '../../support/transcript.ts';

const servers = [0x0a4d0001, 0x0a4d0003];

function start(parameters: ReadonlyMap<string, string>): TranscriptMachine {
  const number = (name: string, fallback: number) => Number(parameters.get(name) ?? fallback);
  const encryption = {
    policy: parameters.get('policy') ?? 'Required',
    keyLengths: (parameters.get('keyLengths') ?? '128').split(',').map(Number) as KeyLength[],
    stateless: parameters.get('stateless') ?? 'Required',
  } as EncryptionPolicy;
  const offered = { dns: servers.slice(0, number('dns', 1)), wins: servers.slice(0, number('wins', 0)) };
  const bench = new LinkBench(
    { encryption, mru: number('mru', 1500), keepaliveInterval: number('keepalive', 0) },
    parameters.get('user') ?? 'alice',
    parameters.has('reject')
      ? rejection(number('reject', 691))
      : { accepted: true, ntHash, network: { ...network, ...offered } },
  );
  return {
    opening: bench.open(),
    get deadline() {
      return bench.link.deadline;
    },
    receive: (text, now) => at(bench, now).receive(text),
    expire: (now) => bench.take(at(bench, now).link.expire(now)),
    act: (text, now) => act(at(bench, now), text),
  };
}

function rejection(errorCode: number): Verdict {
  return { accepted: false, errorCode: errorCode as 691, reason: 'not allowed' };
}

function at(bench: LinkBench, now: number): LinkBench {
  bench.now = now;
  return bench;
}

function act(bench: LinkBench, text: string): string[] {
  const [name, argument] = text.split(' ');
  if (name === 'terminate')
    return bench.take(bench.link.terminate('administrative', 'until later', bench.now));
  if (name === 'probe') return bench.take(bench.link.probe(Number(argument), bench.now).outputs);
  if (name === 'requestReset') return bench.take(bench.link.requestReset(bench.now));
  if (name !== 'alive') throw new Error(`no such action: ${text}`);
  bench.link.alive();
  return [];
}

runTranscripts('ppp-', 'ppp', start);
