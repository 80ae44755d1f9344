// Lets test/transcripts/pptp-*.md speak with the server's end of a control connection.
// Parameters: receiveWindow, callIds=1,2,3 (handed out in this order, then none).
import { ControlConnection } from '../../../src/protocol/pptp/control-connection.ts';
import type { ControlOutput } from '../../../src/protocol/pptp/control-output.ts';
import {
  decodeControlMessage,
  describeControlMessage,
  encodeControlMessage,
} from '../../../src/protocol/pptp/messages.ts';
import { parseControlMessage } from '../../support/control-messages.ts';
import { fromHex } from '../../support/hex.ts';
import { runTranscripts, type TranscriptMachine } from '../../support/transcript.ts';

function start(parameters: ReadonlyMap<string, string>): TranscriptMachine {
  const callIds = (parameters.get('callIds') ?? '4242,4343').split(',').map(Number);
  const connection = new ControlConnection({
    hostName: 'vpn',
    receiveWindow: Number(parameters.get('receiveWindow') ?? 64),
    allotCallId: () => callIds.shift(),
    now: 0,
  });
  return {
    get deadline() {
      return connection.deadline;
    },
    receive: (text, now) => connection.receive(parseOctets(text), now).map(describeOutput),
    expire: (now) => connection.expire(now).map(describeOutput),
    act: (text, now) => act(connection, text, now).map(describeOutput),
  };
}

/** Hex octets, or messages in one segment with ` + ` between. */
function parseOctets(text: string): Uint8Array {
  if (/^[0-9a-f ]+$/.test(text)) return fromHex(text);
  return Uint8Array.from(
    text.split(' + ').flatMap((part) => [...encodeControlMessage(parseControlMessage(part))]),
  );
}

function act(connection: ControlConnection, text: string, now: number): ControlOutput[] {
  const [name, argument] = text.split(' ');
  if (name === 'clearCall') return connection.clearCall(Number(argument), now);
  if (name === 'stop') return connection.stop(Number(argument), now);
  if (name === 'lost') return connection.lost();
  throw new Error(`no such action: ${text}`);
}

function describeOutput(output: ControlOutput): string {
  switch (output.type) {
    case 'transmit':
      return `< ${describeControlMessage(decodeControlMessage(output.bytes))}`;
    case 'call':
      return `= call ${describeFields(output.call)}`;
    case 'established':
      return `= established ${describeFields(output.peer)}`;
    case 'close':
      return `= close ${output.reason}: ${output.detail}`;
    default:
      return `= ${output.type} ${output.reason}`;
  }
}

function describeFields(record: object): string {
  return Object.entries(record)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(' ');
}

runTranscripts('pptp-', 'pptp', start);
