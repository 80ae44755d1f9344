// Logs in as a client and says which step failed and why. Needs CAP_NET_RAW; makes no interface, route or rule.
import { Conversation, clock } from './conversation.ts';
import { StepFailed } from './failure.ts';
import { noFindings, type ProbeReport, type StepName, type StepResult, stepNames } from './report.ts';
import { type Course, steps } from './steps.ts';

export interface ProbeOptions extends Pick<Course, 'server' | 'credentials' | 'patience'> {
  /** Called as each step ends. */
  readonly stepped: (step: StepResult) => void;
}

/** Never rejects for what the network or the server does. */
export async function probe({ stepped, ...options }: ProbeOptions): Promise<ProbeReport> {
  const conversation = new Conversation(options.patience);
  const findings = noFindings();
  const course: Course = { ...options, conversation, findings, startedAt: 0, peersMru: 0 };
  const results: StepResult[] = [];
  let failure: ProbeReport['failure'] = null;
  try {
    for (const name of stepNames) {
      const outcome: Outcome =
        failure === null ? await runStep(name, course) : { step: skipped(name), failure };
      failure = outcome.failure;
      results.push(outcome.step);
      stepped(outcome.step);
    }
  } finally {
    await conversation.close();
  }
  const { server, credentials } = options;
  return {
    server,
    user: credentials.username,
    passed: failure === null,
    ...findings,
    steps: results,
    failure,
  };
}

interface Outcome {
  step: StepResult;
  failure: ProbeReport['failure'];
}

async function runStep(name: StepName, course: Course): Promise<Outcome> {
  const startedAt = clock();
  const seconds = () => (clock() - startedAt) / 1000;
  try {
    const detail = await steps[name](course);
    return { step: { name, status: 'passed', seconds: seconds(), detail }, failure: null };
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    return {
      step: { name, status: 'failed', seconds: seconds(), detail: '' },
      failure: { step: name, ...error.failure },
    };
  }
}

function skipped(name: StepName): StepResult {
  return { name, status: 'skipped', seconds: 0, detail: '' };
}
