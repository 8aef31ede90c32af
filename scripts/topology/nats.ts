import { UsageError } from '@hubgraph/kit/errors';
import { connect } from '@nats-io/transport-node';
import { exitCodes } from '../exit-codes.ts';

/**
 * Proves that a NATS given by URL answers and has JetStream.
 *
 * @throws UsageError (8) with the hosts, never the password.
 */
export async function checkNats(urls: string): Promise<void> {
  const parsed = urls.split(',').map((text) => new URL(text.trim()));
  const hosts = parsed.map((url) => url.host).join(', ');
  const { username, password } = parsed[0] as URL;
  try {
    const connection = await connect({
      servers: parsed.map((url) => url.host), user: decodeURIComponent(username) || undefined, pass: decodeURIComponent(password) || undefined,
      tls: parsed[0]?.protocol === 'tls:' ? {} : undefined, reconnect: false, timeout: 5_000,
    });
    try {
      const answer = await connection.request('$JS.API.INFO', '', { timeout: 5_000 });
      const { error } = answer.json<{ error?: { description: string } }>();
      if (error) throw new Error(error.description);
    } finally {
      await connection.close();
    }
  } catch (error) {
    throw new UsageError(`NATS at ${hosts} (NATS_URL) cannot be used: ${(error as Error).message}.`, exitCodes.natsUnreachable.code);
  }
}
