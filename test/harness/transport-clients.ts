import { ApolloClient, CombinedGraphQLErrors, CombinedProtocolErrors, gql, HttpLink, InMemoryCache, ServerError } from '@apollo/client';
import { EventSource } from 'eventsource';
import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createWsClient } from 'graphql-ws';
import { meros } from 'meros/node';
import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import { frameQueue, type FrameQueue } from './subscriber.ts';

/** What a client says when its subscription is over. */
export type End = { readonly errors: readonly any[] } | { readonly complete: true } | { readonly broken: string };

/** One subscription by somebody else's client. */
export interface Watch {
  /** The next answer: fails when the end comes in its place. */
  next(): Promise<any>;
  nexts(count: number): Promise<any[]>;
  /** The end, with answers before it passed over. */
  end(): Promise<End>;
  close(): void;
}

/** How a watch asks. */
export interface Watched {
  readonly query: string;
  readonly variables?: Record<string, unknown>;
  /** In `extensions`. */
  readonly cursor?: string;
  readonly authorization: string;
}

/** A client of one transport that people use. */
export interface TransportClient {
  readonly name: string;
  watch(http: string, watched: Watched): Watch;
}

type Told = { readonly answer: any } | { readonly end: End };

function watchOf(queue: FrameQueue<Told>, close: () => void): Watch {
  const next = async (): Promise<any> => {
    const told = await queue.take();
    if ('end' in told) throw new Error(`expected an answer, got the end: ${JSON.stringify(told.end)}`);
    return told.answer;
  };
  return {
    next, close,
    async nexts(count) {
      const answers: unknown[] = [];
      while (answers.length < count) answers.push(await next());
      return answers;
    },
    async end() {
      for (;;) {
        const told = await queue.take();
        if ('end' in told) return told.end;
      }
    },
  };
}

/** Answers without data are how transports without an error message say why they end. */
const tell = (queue: FrameQueue<Told>, answer: any): void => queue.push(answer.errors && answer.data === undefined ? { end: { errors: answer.errors } } : { answer });
const sinkFor = (queue: FrameQueue<Told>) => ({
  next: (answer: any) => tell(queue, answer),
  error: (error: unknown) => queue.push({ end: Array.isArray(error) ? { errors: error } : { broken: String((error as Error).message ?? (error as { code?: number }).code) } }),
  complete: () => queue.push({ end: { complete: true } }),
});
const bodyOf = ({ query, variables, cursor }: Watched) => ({ query, variables, extensions: cursor === undefined ? undefined : { cursor } });

const graphqlWs: TransportClient = {
  name: 'graphql-ws',
  watch(http, watched) {
    const queue = frameQueue<Told>('graphql-ws');
    const client = createWsClient({ url: http.replace('http:', 'ws:'), webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: { authorization: watched.authorization } });
    client.subscribe(bodyOf(watched) as never, sinkFor(queue));
    return watchOf(queue, () => void client.dispose());
  },
};

const graphqlSse = (singleConnection: boolean): TransportClient => ({
  name: `graphql-sse, ${singleConnection ? 'single connection' : 'distinct connections'}`,
  watch(http, watched) {
    const queue = frameQueue<Told>('graphql-sse');
    // the client ends a request that was refused before its application can read why
    let refused: End | undefined;
    const fetchFn = async (input: string, init: RequestInit): Promise<Response> => {
      const response = await fetch(input, init);
      if (!response.ok) refused = (await response.clone().json()) as End;
      return response;
    };
    const client = createSseClient({ url: http, singleConnection, retryAttempts: 0, headers: { authorization: watched.authorization }, fetchFn } as never);
    const sink = sinkFor(queue);
    client.subscribe(bodyOf(watched) as never, { ...sink, error: (error) => (refused ? queue.push({ end: refused }) : sink.error(error)) });
    return watchOf(queue, () => client.dispose());
  },
});

/** A plain EventSource; its header is all that it has beyond a browser's. */
export function eventSource(url: string, authorization: string | undefined): EventSource {
  return new EventSource(url, { fetch: (input, init) => fetch(input as string, { ...init, headers: { ...(init?.headers as Record<string, string>), ...(authorization !== undefined && { authorization }) } }) });
}

/** The address that an EventSource subscribes with. */
export function addressOf(http: string, { query, variables, cursor }: Omit<Watched, 'authorization'>, token?: string): string {
  const url = new URL(http);
  url.searchParams.set('query', query);
  if (variables) url.searchParams.set('variables', JSON.stringify(variables));
  if (cursor !== undefined) url.searchParams.set('extensions', JSON.stringify({ cursor }));
  if (token !== undefined) url.searchParams.set('token', token);
  return url.href;
}

const plainEventSource: TransportClient = {
  name: 'EventSource',
  watch(http, watched) {
    const queue = frameQueue<Told>('EventSource');
    const source = eventSource(addressOf(http, watched), watched.authorization);
    source.addEventListener('next', ({ data }) => tell(queue, JSON.parse(data)));
    source.addEventListener('complete', () => {
      source.close();
      queue.push({ end: { complete: true } });
    });
    source.addEventListener('error', ({ message }) => {
      queue.push({ end: { broken: String(message) } });
      source.close();
    });
    return watchOf(queue, () => source.close());
  },
};

/** Of Apollo Client. */
export const MULTIPART = 'multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json';

const merosMultipart: TransportClient = {
  name: 'meros',
  watch(http, watched) {
    const queue = frameQueue<Told>('meros');
    const sent = request(http, { method: 'POST', headers: { 'content-type': 'application/json', accept: MULTIPART, authorization: watched.authorization } }, (response) => void read(response).catch((error: Error) => queue.push({ end: { broken: error.message } })));
    const read = async (response: IncomingMessage): Promise<void> => {
      const parts = await meros<any>(response);
      // what is not of parts is handed back as it is
      if (parts === response) {
        let text = '';
        for await (const chunk of response) text += chunk;
        return queue.push({ end: JSON.parse(text) });
      }
      for await (const { body } of parts as AsyncIterable<{ body: any }>) {
        if (body.payload) tell(queue, body.payload);
        else if (body.errors) queue.push({ end: { errors: body.errors } });
      }
      queue.push({ end: { complete: true } });
    };
    sent.on('error', (error) => queue.push({ end: { broken: error.message } }));
    sent.end(JSON.stringify(bodyOf(watched)));
    return watchOf(queue, () => void sent.destroy());
  },
};

const apollo: TransportClient = {
  name: 'Apollo Client',
  watch(http, watched) {
    const queue = frameQueue<Told>('Apollo Client');
    const { query, variables, extensions } = bodyOf(watched);
    const client = new ApolloClient({ link: new HttpLink({ uri: http, headers: { authorization: watched.authorization }, includeExtensions: extensions !== undefined }), cache: new InMemoryCache() });
    const end = (error: Error): End => {
      if (CombinedProtocolErrors.is(error)) return { errors: error.errors };
      if (CombinedGraphQLErrors.is(error)) return { errors: error.errors };
      return ServerError.is(error) ? JSON.parse(error.bodyText) : { broken: error.message };
    };
    const subscription = client.subscribe({ query: gql(query), variables, extensions, fetchPolicy: 'no-cache', errorPolicy: 'all' }).subscribe({
      next({ data, error, extensions: beside }) {
        if (error && !data) queue.push({ end: end(error) });
        else queue.push({ answer: { data, extensions: beside, ...(CombinedGraphQLErrors.is(error) && { errors: error.errors }) } });
      },
      error: (error: Error) => queue.push({ end: end(error) }),
      complete: () => queue.push({ end: { complete: true } }),
    });
    return watchOf(queue, () => subscription.unsubscribe());
  },
};

/** One of each. */
export const transportClients: readonly TransportClient[] = [graphqlWs, graphqlSse(false), graphqlSse(true), plainEventSource, merosMultipart, apollo];
