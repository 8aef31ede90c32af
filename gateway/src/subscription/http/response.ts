import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { createGate } from '../gate.ts';
import type { SubscriptionSettings } from '../settings.ts';

/** A response that stays open. */
export interface OpenResponse {
  readonly open: boolean;
  /** Resolves when the response is out or the connection is gone. */
  readonly closed: Promise<void>;
  /** Whether there is room for an event at this moment. */
  readonly roomy: boolean;
  /** Resolves to true once there is room for an event, to false when the client has been too slow for too long. */
  ready(): Promise<boolean>;
  /** Writes one event. */
  write(bytes: string | Uint8Array): void;
  /** Writes what is no event. A large one waits for a client that reads slowly; who then does not read is cut. */
  send(text: string): Promise<void>;
  /** Ends the response; who does not take the rest of it in time is cut. Nothing that comes later is written. */
  end(last?: string): void;
  /** Called at every keep-alive period: writes `heartbeat` if nothing else is under way, and cuts who took nothing for two periods. */
  beat(heartbeat: () => string): void;
  /** Ends the connection without another word. */
  cut(): void;
}

/** How a response opens. */
export interface OpeningOptions {
  readonly contentType: string;
  readonly opening: string;
  /** Headers besides those that every stream has. */
  readonly headers: OutgoingHttpHeaders;
  readonly settings: SubscriptionSettings;
  /** Told when so much waits that nothing more is written. */
  blocked(bytes: number): void;
}

/** Texts up to this many characters do not wait at the gate: without them a client could not even be told that it is slow. */
const SMALL = 8_192;
/** Periods without a byte taken after which a peer counts as dead. */
const PATIENCE = 2;
/** Probes of the kernel, a second apart, that an idle peer may leave without answer. */
const PROBES = 3;

/** Neither kept, nor packed, nor gathered by anybody on the way: what is written is to arrive. */
const HEADERS = { 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' };

/** Opens `response` to `request` as a stream. */
export function openResponse(request: IncomingMessage, response: ServerResponse, { contentType, opening, headers, settings, blocked }: OpeningOptions): OpenResponse {
  const { socket } = request;
  const { HUBGRAPH_WS_SLOW_BYTES: slowBytes, HUBGRAPH_WS_SLOW_TIME: slowTime, HUBGRAPH_WS_KEEPALIVE: period } = settings;
  const isOpen = (): boolean => !response.writableEnded && !response.destroyed;
  const outflow = { get open() { return isOpen(); }, get waiting() { return response.writableLength; } };
  const gate = createGate(outflow, socket, { bytes: slowBytes, milliseconds: slowTime, blocked });
  const closed = Promise.withResolvers<void>();
  let taken = 0;
  let idlePeriods = 0;
  // characters of small texts that went past a shut gate
  let squeezed = 0;
  let last: NodeJS.Timeout | undefined;

  const cut = (): void => void socket.destroy();
  // an idle connection carries nothing that would fail: the kernel asks whether the peer is there, well before the next heartbeat
  socket.setKeepAlive(true, Math.max(1_000, period / 3), 1_000, PROBES);
  response.once('close', () => {
    clearTimeout(last);
    closed.resolve();
  });
  // errors of a response are those of its connection, which its close tells
  response.on('error', () => undefined);
  // it may have gone while it was asked what it wants
  if (response.destroyed || socket.destroyed) closed.resolve();
  response.writeHead(200, { ...headers, ...HEADERS, 'content-type': contentType });
  response.write(opening);

  return {
    get open() { return isOpen(); },
    get roomy() { return gate.isOpen; },
    closed: closed.promise,
    ready: () => gate.open(),
    write(bytes) {
      if (isOpen()) response.write(bytes);
    },
    async send(text) {
      if (text.length > SMALL && !(await gate.open())) return cut();
      if (!isOpen()) return;
      squeezed = response.writableLength < slowBytes ? 0 : squeezed + text.length;
      if (squeezed > slowBytes) return cut();
      response.write(text);
    },
    end(text = '') {
      if (!isOpen()) return;
      response.end(text);
      last = setTimeout(cut, slowTime).unref();
    },
    beat(heartbeat) {
      if (!isOpen()) return;
      if (response.writableLength === 0) {
        idlePeriods = 0;
        response.write(heartbeat());
        return;
      }
      // what the kernel took of all that was written
      const now = socket.bytesWritten - socket.writableLength;
      idlePeriods = now === taken ? idlePeriods + 1 : 0;
      taken = now;
      if (idlePeriods >= PATIENCE) cut();
    },
    cut,
  };
}
