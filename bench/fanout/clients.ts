import { createConnection, type Socket } from 'node:net';

// Many thin clients in one process: a socket, a parser of frame headers and a number for each, so that what is measured is
// the server. Started by bench/fanout.ts, which talks to it over the process channel.

/** What the parent asks for. */
export type ClientsOrder =
  /** Opens `count` sockets, `atOnce` at a time; each sends one of `first`, and one of `second` after the first answer. */
  | { readonly order: 'connect'; readonly port: number; readonly path: string; readonly count: number; readonly atOnce: number; readonly first?: readonly string[]; readonly second?: readonly string[] }
  /** Reports once every client, or this many that are still to come, has got `frames` more frames. */
  | { readonly order: 'expect'; readonly frames: number; readonly clients?: number }
  /** Reports how many clients have got what is expected. */
  | { readonly order: 'count' }
  | { readonly order: 'close' };

/** What it tells the parent; times are milliseconds since 1970. */
export type ClientsReport =
  | { readonly report: 'connected' }
  | { readonly report: 'closed' }
  | { readonly report: 'count'; readonly complete: number }
  | { readonly report: 'arrived'; readonly last: number; readonly p50: number; readonly bytes: number; readonly sample: string };

interface Client {
  socket: Socket;
  /** Bytes of a frame that has not come whole. */
  rest: Buffer | undefined;
  upgraded: boolean;
  answered: boolean;
  frames: number;
}

const now = (): number => performance.timeOrigin + performance.now();
const clients: Client[] = [];
let wanted = Number.POSITIVE_INFINITY;
let complete = 0;
let awaited: number | undefined;
let times: number[] = [];
let bytes = 0;
let sample = '';
const tell = (report: ClientsReport): void => void process.send?.(report);

process.on('message', (order: ClientsOrder) => {
  if (order.order === 'connect') void connectAll(order);
  else if (order.order === 'expect') {
    wanted = order.frames;
    awaited = order.clients;
    complete = bytes = 0;
    times = [];
    for (const client of clients) client.frames = 0;
  } else if (order.order === 'count') tell({ report: 'count', complete });
  else {
    let open = clients.length;
    const gone = (): void => void (--open === 0 && tell({ report: 'closed' }));
    for (const { socket } of clients.splice(0)) socket.once('close', gone).destroy();
  }
});

async function connectAll(order: ClientsOrder & { order: 'connect' }): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < order.count) await connectOne(order, next++);
  };
  await Promise.all(Array.from({ length: order.atOnce }, worker));
  tell({ report: 'connected' });
}

function connectOne({ port, path, first, second }: ClientsOrder & { order: 'connect' }, index: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1', noDelay: true });
    const client: Client = { socket, rest: undefined, upgraded: false, answered: false, frames: 0 };
    clients.push(client);
    socket.on('error', () => undefined);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n`);
    socket.on('data', (chunk) => {
      if (!client.upgraded) {
        const head = chunk.indexOf('\r\n\r\n');
        client.upgraded = true;
        if (first !== undefined) socket.write(masked(1, first[index % first.length]!));
        else resolve();
        chunk = chunk.subarray(head + 4);
        if (chunk.length === 0) return;
      }
      read(client, chunk, (text) => {
        if (first === undefined || client.answered) return arrived(client, text);
        client.answered = true;
        if (second) socket.write(masked(1, second[index % second.length]!));
        resolve();
      });
    });
  });
}

/** Cuts a stream of bytes into frames; a server does not mask. */
function read(client: Client, chunk: Buffer, text: (payload: Buffer) => void): void {
  let data = client.rest === undefined ? chunk : Buffer.concat([client.rest, chunk]);
  client.rest = undefined;
  while (data.length > 0) {
    const short = data.length < 2 ? 0 : data[1]! & 127;
    const head = short === 126 ? 4 : short === 127 ? 10 : 2;
    if (data.length < head) break;
    const length = short === 126 ? data.readUInt16BE(2) : short === 127 ? Number(data.readBigUInt64BE(2)) : short;
    if (data.length < head + length) break;
    const opcode = data[0]! & 15;
    const payload = data.subarray(head, head + length);
    if (opcode === 1) text(payload);
    else if (opcode === 9) client.socket.write(masked(10, payload.toString('latin1')));
    data = data.subarray(head + length);
  }
  if (data.length > 0) client.rest = data;
}

function arrived(client: Client, payload: Buffer): void {
  bytes = payload.length;
  if (++client.frames !== wanted) return;
  times.push(now());
  if (sample === '') sample = payload.toString();
  if (++complete < (awaited ?? clients.length)) return;
  tell({ report: 'arrived', last: times.at(-1)!, p50: times[times.length >> 1]!, bytes, sample });
  sample = '';
}

/** A frame of a client with a mask of zeros, which leaves the payload as it is. */
function masked(opcode: number, text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(payload.length < 126 ? 6 : 8);
  head[0] = 128 | opcode;
  head[1] = 128 | Math.min(payload.length, 126);
  if (payload.length >= 126) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}
