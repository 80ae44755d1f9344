// The office's web server, a program of its own inside the office's namespace: `GET /10MB` sends that many million
// bytes, `POST /` answers with length and SHA-256 of what it got, `GET /received` with how much of the last POST has come. A
// UDP datagram that holds a number is answered with one of that many bytes: from port 7777 with DF up to the path MTU it
// knows, as Linux does, from port 7778 without. It prints `listening` once it is.
import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { officeFile } from './office-files.ts';

const web = createServer((request, response) => {
  if (request.method === 'GET') send(request, response);
  else receive(request, response);
});

answerDatagrams(7778, 'without DF', () =>
  answerDatagrams(7777, 'with DF', () => web.listen(80, () => console.log('listening'))),
);

/** Node cannot set IP_MTU_DISCOVER; a socket takes what its namespace has when it is made. */
function answerDatagrams(port: number, df: 'with DF' | 'without DF', bound: () => void): void {
  writeFileSync('/proc/sys/net/ipv4/ip_no_pmtu_disc', df === 'with DF' ? '0' : '1');
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    const answer = Buffer.alloc(Number(question.toString()), 'x');
    socket.send(answer, from.port, from.address, () => {}); // too large for the path that the kernel knows: no fault
  });
  socket.bind(port, bound);
}

/** Of the last POST; what an earlier one still sends does not count. */
let received = () => 0;

function send(request: IncomingMessage, response: ServerResponse): void {
  if (request.url === '/received') {
    response.end(String(received()));
    return;
  }
  const size = Number(/^\/(\d+)MB$/.exec(request.url ?? '')?.[1] ?? 0) * 1_000_000;
  response.writeHead(size === 0 ? 404 : 200, { 'content-length': size, 'content-type': 'text/plain' });
  pipeline(Readable.from(officeFile(size)), response, () => {}); // a client that hangs up is no fault
}

function receive(request: IncomingMessage, response: ServerResponse): void {
  const hash = createHash('sha256');
  let length = 0;
  received = () => length;
  request.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    length += chunk.length;
  });
  request.on('error', () => {}); // the same
  request.on('end', () => response.end(`${length} ${hash.digest('hex')}\n`));
}
