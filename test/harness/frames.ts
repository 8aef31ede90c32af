/** Cuts what a server sends over a WebSocket into frames; a server does not mask. Only for uncompressed, unfragmented messages. */
export function frameReader(on: { text(payload: Buffer): void; ping(payload: Buffer): void; close(code: number): void }): (chunk: Buffer) => void {
  let rest: Buffer | undefined;
  return (chunk) => {
    let data = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
    rest = undefined;
    while (data.length > 1) {
      const short = data[1]! & 127;
      const head = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (data.length < head) break;
      const length = short === 126 ? data.readUInt16BE(2) : short === 127 ? Number(data.readBigUInt64BE(2)) : short;
      if (data.length < head + length) break;
      const opcode = data[0]! & 15;
      const payload = data.subarray(head, head + length);
      data = data.subarray(head + length);
      if (opcode === 1) on.text(payload);
      else if (opcode === 9) on.ping(payload);
      else if (opcode === 8) on.close(payload.length >= 2 ? payload.readUInt16BE(0) : 1005);
    }
    if (data.length > 0) rest = data;
  };
}

/** A frame of a client with a mask of zeros, which leaves the payload as it is. */
export function clientFrame(opcode: 1 | 10, payload: Buffer | string): Buffer {
  const bytes = Buffer.from(payload);
  const head = Buffer.alloc(bytes.length < 126 ? 6 : 8);
  head[0] = 128 | opcode;
  head[1] = 128 | Math.min(bytes.length, 126);
  if (bytes.length >= 126) head.writeUInt16BE(bytes.length, 2);
  return Buffer.concat([head, bytes]);
}

/** The request that turns a connection into a socket of graphql-transport-ws. */
export function upgradeRequest(port: number): string {
  return `GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n`;
}
