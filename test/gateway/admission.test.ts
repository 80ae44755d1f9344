import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Admission, type Ticket } from '../../src/gateway/admission.ts';

const never = () => 0.999999;
const always = () => 0;
const address = (network: number, host = 1): number => 0x0a000000 + network * 256 + host;

function admit(admission: Admission, source: number, now = 0): Ticket | string {
  const admitted = admission.admit(source, now);
  return admitted.accepted ? admitted.ticket : admitted.reason;
}

function login(admission: Admission, source: number, now = 0): void {
  const ticket = admit(admission, source, now);
  assert.ok(typeof ticket === 'object');
  admission.authenticated(ticket, now);
}

describe('admission before login', () => {
  it('lets 4 connections of one /24 wait, whatever their hosts, and other networks beside them', () => {
    const admission = new Admission(never);
    const tickets = [1, 1, 2, 3].map((host) => admit(admission, address(7, host)));
    assert.ok(tickets.every((ticket) => typeof ticket === 'object'));
    assert.equal(admit(admission, address(7, 9)), 'network_full');
    assert.ok(typeof admit(admission, address(8)) === 'object');
    admission.ended(tickets[0] as Ticket);
    assert.ok(typeof admit(admission, address(7, 9)) === 'object');
  });

  it('lets 64 wait in all', () => {
    const admission = new Admission(never);
    for (let network = 0; network < 64; network++) {
      assert.ok(typeof admit(admission, address(network)) === 'object', `network ${network}`);
    }
    assert.equal(admit(admission, address(64)), 'room_full');
    assert.equal(admission.waiting, 64);
  });

  it('drops at random once half of the room is taken, the more the fuller it is', () => {
    let drawn = 0;
    const admission = new Admission(() => drawn);
    for (let network = 0; network < 33; network++)
      assert.ok(typeof admit(admission, address(network)) === 'object');
    assert.equal(admit(admission, address(99)), 'early_drop');
    drawn = 0.05;
    assert.ok(typeof admit(admission, address(99)) === 'object');
    assert.equal(admit(admission, address(100)), 'early_drop');
    drawn = 0.9;
    assert.ok(typeof admit(admission, address(100)) === 'object');
  });

  it('gives 20 s to the authentication', () => {
    const ticket = admit(new Admission(never), address(1), 5_000);
    assert.ok(typeof ticket === 'object' && ticket.authenticateBy === 25_000);
  });

  it('counts a connection no more once it is authenticated or ended, and only once', () => {
    const admission = new Admission(never);
    const [one, other] = [admit(admission, address(1)), admit(admission, address(1, 2))];
    assert.ok(typeof one === 'object' && typeof other === 'object');
    admission.authenticated(one, 0);
    admission.ended(one);
    admission.ended(one);
    assert.equal(admission.waiting, 1);
    admission.ended(other);
    assert.equal(admission.waiting, 0);
  });

  it('keeps room for a source that logged in within 24 h while strangers fill theirs', () => {
    const admission = new Admission(always);
    login(admission, address(200, 7));
    for (let network = 0; network < 64; network++) admit(admission, address(network));
    assert.equal(admit(admission, address(201)), 'early_drop');
    assert.equal(admit(admission, address(200, 8)), 'early_drop', 'its neighbour is a stranger');
    const tickets = Array.from({ length: 65 }, () => admit(admission, address(200, 7), 1));
    assert.deepEqual(tickets.map((t) => typeof t).indexOf('string'), 64);
    assert.equal(tickets[64], 'source_full');
    assert.ok(typeof admit(new Admission(always), address(200, 7)) === 'object');
  });

  it('takes a source for a stranger again after 24 h', () => {
    const admission = new Admission(never);
    login(admission, address(1), 0);
    const day = 24 * 3_600_000;
    for (let count = 0; count < 5; count++)
      assert.ok(typeof admit(admission, address(1), day - 1) === 'object');
    for (let count = 0; count < 4; count++) assert.ok(typeof admit(admission, address(1), day) === 'object');
    assert.equal(admit(admission, address(1), day), 'network_full');
  });

  it('bounds the connections of all known sources, and the number of sources it knows', () => {
    const admission = new Admission(never);
    for (let network = 0; network < 6; network++) login(admission, address(network));
    const outcomes = Array.from({ length: 6 * 64 }, (_, index) => admit(admission, address(index % 6)));
    assert.equal(outcomes.filter((outcome) => typeof outcome === 'object').length, 256);
    assert.equal(outcomes.at(-1), 'room_full');
    for (let network = 10; network < 10 + 4096; network++) login(admission, address(network));
    const forgotten = Array.from({ length: 5 }, () => admit(admission, address(0)));
    assert.equal(forgotten.at(-1), 'network_full');
  });

  it('lets an honest client in while 5,000 connections from a few networks stay silent (S4)', () => {
    const admission = new Admission(Math.random);
    for (let index = 0; index < 5_000; index++) admit(admission, address(index % 8, index % 250));
    assert.equal(admission.waiting, 32);
    assert.ok(typeof admit(admission, address(99)) === 'object');
  });
});
