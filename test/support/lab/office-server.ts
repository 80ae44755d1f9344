// The office's web server, a program of its own inside the office's namespace: `GET /10MB` sends that many million
// bytes, `POST /` answers with length and SHA-256 of what it got. It prints `listening` once it is.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { officeFile } from './office-files.ts';

createServer((request, response) => {
  if (request.method === 'GET') send(request, response);
  else receive(request, response);
}).listen(80, () => console.log('listening'));

function send(request: IncomingMessage, response: ServerResponse): void {
  const size = Number(/^\/(\d+)MB$/.exec(request.url ?? '')?.[1] ?? 0) * 1_000_000;
  response.writeHead(size === 0 ? 404 : 200, { 'content-length': size, 'content-type': 'text/plain' });
  pipeline(Readable.from(officeFile(size)), response, () => {}); // a client that hangs up is no fault
}

function receive(request: IncomingMessage, response: ServerResponse): void {
  const hash = createHash('sha256');
  let length = 0;
  request.on('data', (chunk: Buffer) => {
    hash.update(chunk);
    length += chunk.length;
  });
  request.on('end', () => response.end(`${length} ${hash.digest('hex')}\n`));
}
