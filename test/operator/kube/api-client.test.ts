import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ApiError } from '../../../src/operator/kube/api-error.ts';
import { ScriptedApi } from '../../support/operator/scripted-api.ts';

describe('a request to the API server', () => {
  let api: ScriptedApi;

  beforeEach(async () => {
    api = await ScriptedApi.start();
  });
  afterEach(() => api.close());

  const ask = () => api.client.send({ method: 'GET', path: '/x', timeout: 200 });
  const failsWith = async (reason: string) =>
    await assert.rejects(ask(), (error: unknown) => {
      assert.ok(error instanceof ApiError);
      assert.deepEqual([error.status, error.reason], [0, reason]);
      return true;
    });

  it('fails when no answer begins', async () => {
    api.script(() => {});
    await failsWith('ETIMEDOUT');
  });

  it('fails when the answer stops half-way, though the connection stays', async () => {
    api.script((_, response) => void response.writeHead(200).write('{"items": ['));
    await failsWith('Interrupted');
  });

  it('waits for an answer that comes slowly, but comes', async () => {
    api.script(async (_, response) => {
      for (const part of ['{"a":', '1', '}']) {
        await new Promise((done) => setTimeout(done, 120));
        response.write(part);
      }
      response.end();
    });
    assert.deepEqual(await ask(), { a: 1 });
  });
});
