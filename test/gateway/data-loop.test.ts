import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DataLoop, type PacketDoors } from '../../src/gateway/data-loop.ts';
import type { DataPath } from '../../src/protocol/datapath/data-path.ts';

/** A data path of which only the lists and the order of calls matter: `steps` says what each call leaves in them. */
function loop(steps: ((path: DataPath) => boolean)[], { sent = 99, batches = 1 } = {}) {
  const said: string[] = [];
  const list = () => ({ count: 0, capacity: 8, errnos: new Int32Array(8) });
  const control = { count: 0, sessions: [5], protocols: [0xc021], offsets: [2], lengths: [3] };
  const path = {
    memory: Uint8Array.of(0, 0, 7, 8, 9, 0).buffer,
    greIn: list(),
    tunIn: list(),
    greOut: list(),
    tunOut: list(),
    controlIn: control,
    deadline: 400,
    receiveGre: () => {
      said.push('receive');
      return steps.shift()?.(path) ?? true;
    },
    receiveTun: () => true,
    noteSendErrors: () => said.push('noteSendErrors'),
    expire: () => said.push('expire'),
  } as unknown as DataPath;
  let ready = () => {};
  let waiting = batches;
  const doors: PacketDoors = {
    receiveGre: () => (waiting-- > 0 ? 1 : 0),
    readTun: () => 0,
    sendGre: ({ count }) => {
      said.push(`send ${count}`);
      return Math.min(sent, count);
    },
    writeTun: ({ count }) => {
      said.push(`write ${count}`);
      return Math.min(sent, count);
    },
    watch: (callback) => {
      ready = callback;
      return { close: () => said.push('closed') };
    },
  };
  const made = new DataLoop({
    dataPath: path,
    doors,
    clock: () => 1,
    control: (session, protocol, information) =>
      said.push(`control ${session} ${protocol.toString(16)} ${[...information]}`),
    events: () => said.push('events'),
    greRefused: () => said.push('greRefused'),
    tunRefused: () => said.push('tunRefused'),
    touched: () => {},
  });
  made.start();
  return { made, said, path, ready: () => ready() };
}

describe('DataLoop', () => {
  it('a control frame stops the batch: its link answers, the answer leaves, and only then the batch goes on', () => {
    const frame = (path: DataPath) => {
      path.controlIn.count = 1;
      path.greOut.count = 2;
      return false;
    };
    const { said, ready } = loop([frame, () => true]);
    ready();
    assert.deepEqual(said, [
      'receive',
      'control 5 c021 7,8,9',
      'events',
      'send 2',
      'noteSendErrors',
      'receive',
      'events',
    ]);
  });

  it('tells of packets that the kernel refused, and empties the lists all the same (SE-1)', () => {
    const both = (path: DataPath) => {
      path.greOut.count = 2;
      path.tunOut.count = 3;
      return true;
    };
    const { said, ready, path } = loop([both], { sent: 1 });
    ready();
    const wanted = ['receive', 'events', 'send 2', 'greRefused', 'noteSendErrors', 'write 3', 'tunRefused'];
    assert.deepEqual(said, wanted);
    assert.deepEqual([path.greOut.count, path.tunOut.count], [0, 0]);
  });

  it('leaves TCP, timers and HTTP their turn after eight batches, however much waits', () => {
    const { said, ready } = loop([], { batches: 1_000 });
    ready();
    assert.equal(said.filter((word) => word === 'receive').length, 8);
  });

  it('looks what happened when no packet came: an ICMP error woke it', () => {
    const { said, ready } = loop([], { batches: 0 });
    ready();
    assert.deepEqual(said, ['events']);
  });

  it('carries out what a deadline brought, and stops watching when told', () => {
    const { made, said } = loop([]);
    assert.equal(made.deadline, 400);
    made.expire(400);
    made.stop();
    made.stop();
    assert.deepEqual(said, ['expire', 'events', 'closed']);
  });
});
