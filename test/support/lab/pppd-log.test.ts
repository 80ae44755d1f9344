// The reader of pppd's debug log, on lines that pppd 2.4.9 printed.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { packetsOf, parsePppdLog } from './pppd-log.ts';

const success = `using channel 1
Using interface ppp0
Connect: ppp0 <--> /dev/ttyp0
sent [LCP ConfReq id=0x1 <asyncmap 0x0> <magic 0x9001502d> <pcomp> <accomp>]
rcvd [LCP ConfReq id=0x1 <mru 1500> <auth chap MS-v2> <magic 0xd6c93a81>]
rcvd [CHAP Success id=0xfc "S=A18F07A7B4A9723874327A4086E9EC8E507409E0"]
CHAP authentication succeeded
sent [CCP ConfReq id=0x1 <mppe +H -M +S -L -D -C>]
MPPE 128-bit stateless compression enabled
rcvd [IPCP ConfAck id=0x3 <addr 10.77.0.2>]
local  IP address 10.77.0.2
remote IP address 10.77.0.1
primary   DNS address 10.77.0.1
secondary DNS address 192.168.80.2
`;

const refusal = `rcvd [CHAP Failure id=0x2a "E=691 R=0 C=00000000000000000000000000000000 V=3"]
MS-CHAP authentication failed: Authentication failure
CHAP authentication failed
sent [LCP TermReq id=0x2 "Failed to authenticate ourselves to peer"]
Connection terminated.
`;

describe("the reader of pppd's log", () => {
  it('finds addresses, name servers and encryption of a login', () => {
    const log = parsePppdLog(success);
    assert.equal(log.localAddress, '10.77.0.2');
    assert.equal(log.gatewayAddress, '10.77.0.1');
    assert.deepEqual(log.dns, ['10.77.0.1', '192.168.80.2']);
    assert.equal(log.encryption, 'MPPE 128-bit stateless');
    assert.equal(log.authenticated, true);
    assert.deepEqual(log.failures, []);
  });

  it('takes packets apart', () => {
    const { packets } = parsePppdLog(success);
    assert.equal(packets.length, 5);
    assert.deepEqual(packets[1], {
      direction: 'rcvd',
      protocol: 'LCP',
      code: 'ConfReq',
      identifier: 1,
      text: '<mru 1500> <auth chap MS-v2> <magic 0xd6c93a81>',
    });
    assert.equal(packetsOf(parsePppdLog(success), 'rcvd', 'CHAP', 'Success')[0]?.identifier, 0xfc);
  });

  it('lists what pppd says of a failure, but not the packets that say it', () => {
    const log = parsePppdLog(refusal);
    assert.equal(log.authenticated, false);
    assert.equal(log.localAddress, undefined);
    assert.deepEqual(log.failures, [
      'MS-CHAP authentication failed: Authentication failure',
      'CHAP authentication failed',
      'Connection terminated.',
    ]);
  });
});
