// The inner half of login-client.ts: logs in with the probe's client, holds the session, and says when it began and ended.
// A line of JSON per command on standard input, a line of JSON per event on standard output. Times are ms since 1970.
import { createInterface } from 'node:readline';
import { Conversation } from '../../../src/probe/conversation.ts';
import { StepFailed } from '../../../src/probe/failure.ts';
import { noFindings, stepNames } from '../../../src/probe/report.ts';
import { type Course, steps } from '../../../src/probe/steps.ts';
import { ntPasswordHash } from '../../../src/protocol/ppp/ms-chap-v2.ts';
import type { LoginCommand, LoginEvent } from './login-client.ts';

/** How long each step may take, and how long one wait for news lasts, ms. */
const Patience = 5_000;
const open = new Map<number, Conversation>();
// What comes after the address measures, and this one only logs in.
const loginSteps = stepNames.slice(0, stepNames.indexOf('address') + 1);

createInterface({ input: process.stdin }).on('line', (line) => void obey(JSON.parse(line)));

async function obey(command: LoginCommand): Promise<void> {
  if (command.type === 'hangUp') return open.get(command.id)?.close();
  const conversation = new Conversation(Patience);
  open.set(command.id, conversation);
  try {
    await logIn(command, conversation);
    tell({ id: command.id, type: 'up', at: Date.now() });
    for (;;) await conversation.next(Patience);
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    tell({ id: command.id, type: 'down', at: Date.now(), reason: error.failure.reason });
  } finally {
    open.delete(command.id);
    await conversation.close();
  }
}

async function logIn(
  { server, user, password }: LoginCommand & { type: 'logIn' },
  conversation: Conversation,
) {
  const credentials = { username: user, ntHash: ntPasswordHash(password) };
  const course: Course = {
    ...{ server, credentials, conversation },
    ...{ patience: Patience, findings: noFindings(), startedAt: 0, peersMru: 0 },
  };
  for (const name of loginSteps) await steps[name](course);
}

function tell(event: LoginEvent): void {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}
