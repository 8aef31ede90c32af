import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Hub } from './hub.ts';

/** A hub's door beside GraphQL, on a port of its own. */
export interface HubDoor {
  /** Origin, without a path. */
  readonly url: string;
  /** Lets requests under way end, for ten seconds, then cuts them. Safe to call twice. */
  close(): Promise<void>;
}

/** In milliseconds: for the headers; how long a body takes is the handler's matter, because uploads may be long. */
const HEADERS_TIME = 10_000;
const FAREWELL = 10_000;

/** Whether a request is for what the hub serves beside GraphQL. */
export function isForDoor(hub: Hub, request: IncomingMessage): boolean {
  const path = request.url ?? '/';
  return hub.http?.prefixes.some((prefix) => path.startsWith(prefix)) ?? false;
}

/** An HTTP server whose requests go to the hub's own handler when they are its, else to `rest`. */
export function doorServer(hub: Hub, rest: (request: IncomingMessage, response: ServerResponse) => void): Server {
  return createServer({ headersTimeout: HEADERS_TIME, requestTimeout: 0, connectionsCheckingInterval: 1_000 }, (request, response) => {
    if (isForDoor(hub, request)) void hub.http?.handle(request, response);
    else rest(request, response);
  });
}

/**
 * Serves what a hub has beside GraphQL, for hubs that live in the gateway's process: bytes do not pass the gateway.
 *
 * @throws the listen error of Node when host and port cannot be had.
 */
export async function openDoor(hub: Hub, { host, port }: { readonly host: string; readonly port: number }): Promise<HubDoor> {
  const server = doorServer(hub, (_request, response) => void response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"There is nothing here."}'));
  await new Promise<void>((resolve, reject) => void server.once('error', reject).listen({ host, port }, resolve));
  const address = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    close: () =>
      (closing ??= new Promise((resolve) => {
        const patience = setTimeout(() => server.closeAllConnections(), FAREWELL);
        server.close(() => {
          clearTimeout(patience);
          resolve();
        });
        server.closeIdleConnections();
      })),
  };
}
