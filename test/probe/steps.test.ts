import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { noFindings } from '../../src/probe/report.ts';
import { type Course, steps } from '../../src/probe/steps.ts';

describe('the step that starts the control connection', () => {
  it("shows the server's names without what a terminal would obey", async () => {
    const peer = { hostName: '\x1b[2J\x9b31mfake', vendorString: 'Linux', firmwareRevision: 1 };
    const findings = noFindings();
    const conversation = {
      until: async (choose: (news: object) => unknown) => choose({ type: 'established', peer }),
    };
    const course = { conversation, findings } as unknown as Course;
    assert.equal(await steps.control(course), '\\x1b[2J\\x9b31mfake, Linux');
    assert.equal(findings.serverHostName, '\\x1b[2J\\x9b31mfake');
  });
});
