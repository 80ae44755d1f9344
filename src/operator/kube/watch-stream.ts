// The events of a watch, one JSON document a line (Kubernetes API concepts, "Efficient detection of changes").
import type { IncomingMessage } from 'node:http';
import { ApiError } from './api-error.ts';
import type { KubeObject } from './object.ts';

export type WatchEvent =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: KubeObject }
  | { type: 'ERROR'; object: { code?: number; reason?: string; message?: string } };

/** One event of an object of the largest size, with room to spare. */
const LongestLine = 16 * 1024 * 1024;

/**
 * Ends when the server ends the watch.
 * @throws {ApiError} when the connection breaks or what comes is no event.
 */
export async function* watchEvents(response: IncomingMessage): AsyncGenerator<WatchEvent> {
  let pending: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      let start = 0;
      for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
        pending.push(chunk.subarray(start, end));
        start = end + 1;
        const line = Buffer.concat(pending).toString('utf8');
        pending = [];
        size = 0;
        if (line.trim() !== '') yield parseEvent(line);
      }
      pending.push(chunk.subarray(start));
      size += chunk.length - start;
      if (size > LongestLine) throw broken('an event has no end');
    }
  } catch (error) {
    throw error instanceof ApiError ? error : broken(String(error));
  }
}

function parseEvent(line: string): WatchEvent {
  try {
    const event = JSON.parse(line) as WatchEvent;
    if (typeof event.type === 'string' && typeof event.object === 'object' && event.object !== null)
      return event;
  } catch {
    // Told below.
  }
  throw broken('an event cannot be read');
}

function broken(message: string): ApiError {
  return new ApiError({ status: 0, reason: 'WatchBroken', message: `the watch broke off: ${message}` });
}
