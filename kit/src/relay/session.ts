import pg from 'pg';
import type { Sql } from '../sql.ts';

/** The relay's own connection to PostgreSQL. The lock lives in it, so whoever reads through it still holds the lock. */
export interface Session extends Sql {
  /** Aborts when the connection is lost; its reason says why. */
  readonly lost: AbortSignal;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;
/** A statement of the relay takes milliseconds; one that takes this long has no server behind it any more. */
const STATEMENT_TIMEOUT_MS = 30_000;

/** Connects to the hub's schema. @throws what PostgreSQL or the network says. */
export async function openSession(databaseUrl: string, schema: string): Promise<Session> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: `hubgraph relay ${schema}`,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
  });
  const lost = new AbortController();
  client.on('error', (error) => lost.abort(error));
  client.on('end', () => lost.abort(new Error('PostgreSQL closed the connection')));
  await client.connect();

  // the driver wants one statement at a time
  let turn: Promise<unknown> = Promise.resolve();
  const run = async <Row>(text: string, params?: readonly unknown[]): Promise<Row[]> => {
    lost.signal.throwIfAborted();
    try {
      return (await client.query(text, params as unknown[])).rows as Row[];
    } catch (error) {
      // even a mere timeout: what the server still does with the statement is not known, so the session is of no more use
      lost.abort(error);
      throw error;
    }
  };
  const session: Session = {
    lost: lost.signal,
    query: <Row>(text: string, params?: readonly unknown[]) => {
      const answer = turn.then(() => run<Row>(text, params));
      turn = answer.catch(() => undefined);
      return answer;
    },
    async close() {
      if (lost.signal.aborted) {
        // a polite goodbye would wait for a server that is gone
        (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
        return;
      }
      await turn;
      await client.end().catch(() => undefined);
    },
  };
  try {
    await session.query(`SELECT set_config('search_path', $1, false)`, [`"${schema}"`]);
    // a machine that vanished must not keep the lock for the two hours that TCP allows by default
    await session.query(`SELECT set_config('tcp_keepalives_idle', '10', false), set_config('tcp_keepalives_interval', '5', false), set_config('tcp_keepalives_count', '3', false)`);
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** Takes the hub's relay lock for as long as the session lives; false when another session has it. */
export async function tryLead(session: Session, schema: string): Promise<boolean> {
  const [row] = await session.query<{ mine: boolean }>(`SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS "mine"`, [`hubgraph relay ${schema}`]);
  return row!.mine;
}
