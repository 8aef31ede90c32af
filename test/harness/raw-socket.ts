import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** How one frame is written; the defaults make a correct one. */
export interface FrameShape {
  readonly opcode?: number;
  readonly fin?: boolean;
  /** The three reserved bits. */
  readonly rsv?: number;
  readonly masked?: boolean;
  /** Length to announce in 64 bits, whatever the payload has. */
  readonly announce?: bigint;
}

/** One WebSocket frame as a client sends it, right or wrong. */
export function frame(payload: string | Buffer = '', { opcode = 1, fin = true, rsv = 0, masked = true, announce }: FrameShape = {}): Buffer {
  const body = Buffer.from(payload);
  const length = announce ?? BigInt(body.length);
  const size = announce !== undefined || length > 65_535n ? 127 : length > 125n ? 126 : Number(length);
  const extended = Buffer.alloc(size === 127 ? 8 : size === 126 ? 2 : 0);
  if (size === 127) extended.writeBigUInt64BE(length);
  if (size === 126) extended.writeUInt16BE(Number(length));
  const head = Buffer.from([(fin ? 0x80 : 0) | (rsv << 4) | opcode, (masked ? 0x80 : 0) | size]);
  if (!masked) return Buffer.concat([head, extended, body]);
  const mask = randomBytes(4);
  return Buffer.concat([head, extended, mask, body.map((byte, index) => byte ^ mask[index % 4]!)]);
}

/** A TCP connection that was upgraded to a WebSocket and that does nothing by itself: no pong, no close. */
export interface RawSocket {
  readonly tcp: Socket;
  /** Status of the answer to the upgrade. */
  readonly status: number;
  write(bytes: Buffer | string): void;
  /** The close code that the server sent; 1006 when it just ended the connection. */
  readonly closeCode: Promise<number>;
  /** Text messages so far. */
  readonly texts: readonly string[];
  /** Ping frames so far. */
  readonly pings: number;
}

/** Upgrades `url` with these headers; resolves once the status line is there. */
export function openRaw(url: string, headers: Readonly<Record<string, string>> = {}): Promise<RawSocket> {
  const { hostname, port, pathname } = new URL(url);
  const all: Record<string, string> = {
    Host: `${hostname}:${port}`, Upgrade: 'websocket', Connection: 'Upgrade', 'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Protocol': 'graphql-transport-ws', ...headers,
  };
  const tcp = connect(Number(port), hostname);
  const lines = Object.entries(all).flatMap(([name, value]) => (value === '' ? [] : [`${name}: ${value}`]));
  tcp.write(`GET ${pathname} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
  const texts: string[] = [];
  const closing = Promise.withResolvers<number>();
  let buffer = Buffer.alloc(0);
  let status: number | undefined;
  let pings = 0;
  return new Promise((resolve, reject) => {
    tcp.on('error', () => undefined);
    tcp.on('close', () => {
      closing.resolve(1006);
      reject(new Error('the connection ended before the upgrade was answered'));
    });
    tcp.on('data', (chunk) => {
      buffer = Buffer.concat([buffer, chunk]);
      if (status === undefined) {
        const end = buffer.indexOf('\r\n\r\n');
        if (end < 0) return;
        status = Number(buffer.toString('latin1', 9, 12));
        buffer = buffer.subarray(end + 4);
        resolve({ tcp, status, texts, get pings() { return pings; }, closeCode: closing.promise, write: (bytes) => void (tcp.writable && tcp.write(bytes)) });
      }
      readFrames();
    });
  });

  function readFrames(): void {
    while (buffer.length >= 2) {
      const size = buffer[1]! & 0x7f;
      const start = size === 127 ? 10 : size === 126 ? 4 : 2;
      if (buffer.length < start) return;
      const length = size === 127 ? Number(buffer.readBigUInt64BE(2)) : size === 126 ? buffer.readUInt16BE(2) : size;
      if (buffer.length < start + length) return;
      const opcode = buffer[0]! & 0x0f;
      const payload = buffer.subarray(start, start + length);
      if (opcode === 8) closing.resolve(length >= 2 ? payload.readUInt16BE(0) : 1005);
      if (opcode === 9) pings++;
      if (opcode === 1) texts.push(payload.toString());
      buffer = buffer.subarray(start + length);
    }
  }
}
