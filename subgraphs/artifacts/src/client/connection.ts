import { Agent, RetryAgent, interceptors, type Dispatcher } from 'undici';

/** How the client reaches a graph, and the doors for bytes that it names. */
export interface Connection {
  /** Runs one operation and returns its data; throws when there is none. Repeating it is safe: what must not happen twice has an idempotency key. */
  graphql<Data>(query: string, variables: Readonly<Record<string, unknown>>): Promise<Data>;
  /** By what bytes travel; {@link byteDispatcher} when left out. */
  readonly dispatcher?: Dispatcher;
}

/** What cannot be done, or was refused; every reason is told at once. */
export class ArtifactsError extends Error {
  /** One sentence each; at least one. */
  readonly problems: readonly string[];
  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(problems.slice(0, 20).join('\n') + (problems.length > 20 ? `\n(and ${problems.length - 20} more)` : ''), options);
    this.name = 'ArtifactsError';
    this.problems = problems;
  }
}

/** What travels so far. */
export interface Progress {
  readonly phase: 'hash' | 'send' | 'verify' | 'download';
  readonly files: number;
  readonly totalFiles: number;
  readonly bytes: number;
  readonly totalBytes: number;
}

/** How many requests for bytes are under way at once. */
export const CONCURRENCY = 8;

let shared: Dispatcher | undefined;

/**
 * A dispatcher for bytes, one for the process: it asks again with growing pauses while a hub does not answer, is busy or says
 * that another request writes, and follows redirects (to a storage that serves bytes itself). Only what is safe is repeated.
 */
export function byteDispatcher(): Dispatcher {
  if (shared !== undefined) return shared;
  const agent = new Agent({ connections: CONCURRENCY, headersTimeout: 600_000, bodyTimeout: 120_000 });
  const retrying = new RetryAgent(agent, { maxRetries: 6, minTimeout: 250, maxTimeout: 15_000, methods: ['GET', 'HEAD', 'PUT'], statusCodes: [423, 429, 502, 503, 504], throwOnError: false });
  return (shared = retrying.compose(interceptors.redirect({ maxRedirections: 3 })));
}

/** Does `work` for every item, a few at a time. After a failure nothing new is begun; what is under way ends, then the first failure is thrown. */
export async function inParallel<Item>(items: Iterable<Item>, work: (item: Item) => Promise<void>, concurrency: number = CONCURRENCY): Promise<void> {
  const rest = items[Symbol.iterator]();
  const failures: unknown[] = [];
  const worker = async () => {
    for (let next = rest.next(); !next.done && failures.length === 0; next = rest.next()) await work(next.value).catch((error: unknown) => void failures.push(error));
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  if (failures.length > 0) throw failures[0];
}
