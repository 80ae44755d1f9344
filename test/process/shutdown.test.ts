import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { closeOnSignals } from '../../src/process/shutdown.ts';

function start(close: () => Promise<void>, limit = 1000) {
  const signals = new EventEmitter();
  const exits: number[] = [];
  const lines: string[] = [];
  const log = { info: (line: string) => lines.push(line), error: (line: string) => lines.push(line) };
  const stop = closeOnSignals({ close, limit, log, signals, exit: (code) => exits.push(code) });
  return { signals, exits, lines, stop };
}

describe('shutdown', () => {
  it('closes once on the first signal and exits with 0', async () => {
    let closed = 0;
    const { signals, exits, lines } = start(async () => {
      await sleep(5);
      closed += 1;
    });
    signals.emit('SIGTERM', 'SIGTERM');
    assert.deepEqual(exits, []);
    await sleep(30);
    assert.equal(closed, 1);
    assert.deepEqual(exits, [0]);
    assert.deepEqual(lines, ['SIGTERM: stopping']);
  });

  it('exits with 1 at once on a second signal, without closing twice', () => {
    let closed = 0;
    const { signals, exits } = start(() => {
      closed += 1;
      return new Promise(() => {});
    }, 20);
    signals.emit('SIGINT', 'SIGINT');
    signals.emit('SIGTERM', 'SIGTERM');
    assert.deepEqual([closed, exits], [1, [1]]);
  });

  it('exits with 1 when the clean-up fails, and says why', async () => {
    const { signals, exits, lines } = start(() => Promise.reject(new Error('the route stayed')));
    signals.emit('SIGTERM', 'SIGTERM');
    await sleep(5);
    assert.deepEqual(exits, [1]);
    assert.equal(lines.at(-1), 'the clean-up failed: the route stayed');
  });

  it('exits with 1 when the clean-up takes longer than its limit', async () => {
    const { signals, exits, lines } = start(() => new Promise(() => {}), 20);
    signals.emit('SIGTERM', 'SIGTERM');
    await sleep(60);
    assert.deepEqual(exits, [1]);
    assert.equal(lines.at(-1), 'the clean-up failed: not done within 0.02 s');
  });

  it('leaves no listener behind', () => {
    const { signals, stop } = start(async () => {});
    stop();
    assert.equal(signals.listenerCount('SIGTERM') + signals.listenerCount('SIGINT'), 0);
  });

  it('ends a real process with code 0 after SIGTERM', async () => {
    const module = new URL('../../src/process/shutdown.ts', import.meta.url).href;
    const program = `import { closeOnSignals } from ${JSON.stringify(module)};
      closeOnSignals({ close: async () => console.log('closed'), limit: 1000, log: { info() {}, error() {} } });
      setInterval(() => {}, 1000); console.log('ready');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (bytes) => {
      output += String(bytes);
      if (output === 'ready\n') child.kill('SIGTERM');
    });
    const [code] = await once(child, 'close');
    assert.deepEqual([code, output], [0, 'ready\nclosed\n']);
  });
});
