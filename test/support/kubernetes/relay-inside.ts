// The inner half of relay.ts: listens on a Unix socket, which network namespaces share, and connects to a TCP address
// of the namespace it runs in. Arguments: the socket's path, host, port.
import { connect, createServer } from 'node:net';
import { joinStreams } from './join-streams.ts';

const [path = '', host = '', port = ''] = process.argv.slice(2);
createServer((client) => joinStreams(client, connect(Number(port), host))).listen(path);
