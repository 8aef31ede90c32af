import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

// The floor: a `ws` server that sends the same text to everybody and knows nothing else.

const server = createServer();
const sockets = new WebSocketServer({ server, perMessageDeflate: false });
const now = (): number => performance.timeOrigin + performance.now();
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port, rss: rss() }));

function rss(): number {
  globalThis.gc?.();
  return process.memoryUsage().rss;
}

process.on('message', async (order: { readonly broadcast?: string; readonly times?: number }) => {
  if (order.broadcast === undefined) return process.send?.({ rss: rss() });
  const begun = now();
  for (let time = 0; time < (order.times ?? 1); time++) {
    for (const socket of sockets.clients) socket.send(order.broadcast);
    await new Promise((resolve) => setImmediate(resolve));
  }
  process.send?.({ begun });
});
