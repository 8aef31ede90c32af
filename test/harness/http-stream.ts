import { request, type IncomingMessage } from 'node:http';
import { frameQueue } from './subscriber.ts';

/** One block of an event stream: between two empty lines. */
export interface Block {
  readonly event?: string;
  readonly id?: string;
  readonly data?: string;
  readonly retry?: string;
  /** Comment lines. */
  readonly comment?: string;
}

/** A streamed response as it comes, for tests that look at its text or stop reading it. */
export interface HttpStream {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** The next block; fails when the response has ended. */
  block(): Promise<Block>;
  /** The next block with this event. */
  event(name: string): Promise<{ readonly id?: string; readonly data: any }>;
  /** All text so far. */
  readonly text: string;
  /** Resolves to true when the response came to its end, to false when it broke off. */
  readonly ended: Promise<boolean>;
  /** Stops and starts reading from the network. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** How to ask. */
export interface HttpAsked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Sends a request and resolves once the headers of its answer are there. */
export function openHttp(url: string, { method = 'POST', headers = {}, body }: HttpAsked = {}): Promise<HttpStream> {
  const blocks = frameQueue<Block>(`the response to ${method}`);
  const ended = Promise.withResolvers<boolean>();
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, agent: false, headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers } }, (response) => {
      let text = '';
      let rest = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        const parts = (rest + chunk).split('\n\n');
        rest = parts.pop() ?? '';
        for (const part of parts) blocks.push(blockOf(part));
      });
      response.on('error', () => undefined);
      response.once('close', () => {
        ended.resolve(response.complete);
        blocks.end(new Error(`the response ended after ${JSON.stringify(text.slice(-300))}`));
      });
      const block = (): Promise<Block> => blocks.take();
      resolve({
        status: response.statusCode ?? 0, headers: response.headers, ended: ended.promise, block,
        get text() { return text + ''; },
        async event(name) {
          for (;;) {
            const { event, id, data = '' } = await block();
            if (event === name) return { id, data: data === '' ? undefined : JSON.parse(data) };
          }
        },
        pause: () => void response.pause(),
        resume: () => void response.resume(),
        close: () => void sent.destroy(),
      });
    });
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function blockOf(text: string): Block {
  const block: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    const name = colon === 0 ? 'comment' : line.slice(0, colon);
    block[name] = `${block[name] === undefined ? '' : `${block[name]}\n`}${line.slice(colon + 1).replace(/^ /, '')}`;
  }
  return block;
}
