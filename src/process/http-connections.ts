// The connections of the HTTP server: few, and none for long. Whoever opens many and says nothing makes room for the next
// one, so that strangers cannot keep the kubelet's probes out; whoever does not read an answer loses it.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

export interface ConnectionLimits {
  readonly connections: number;
  /** Of one connection: a client may send many at once, and each answer waits in memory for the ones before. */
  readonly requests: number;
  /** Ms from a request to the end of its answer. */
  readonly answerTime: number;
}

export function limitConnections(server: Server, limits: ConnectionLimits): void {
  /** Oldest first. */
  const sockets = new Set<Socket>();
  const answering = new Set<Socket>();
  server.maxRequestsPerSocket = limits.requests;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    if (sockets.size <= limits.connections) return;
    const silent = [...sockets].find((candidate) => !answering.has(candidate)) ?? socket;
    sockets.delete(silent);
    silent.destroy();
  });
  server.on('request', ({ socket }, response) => {
    answering.add(socket);
    const impatience = setTimeout(() => socket.destroy(), limits.answerTime);
    response.once('close', () => {
      clearTimeout(impatience);
      answering.delete(socket);
    });
  });
}
