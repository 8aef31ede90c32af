import { JetStreamApiCodes, JetStreamApiError, jetstreamManager, type JetStreamManager, type StreamInfo } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';

const API_TIMEOUT_MS = 3_000;
const ASK_AGAIN_MS = 400;

/** JetStream's administration, without asking first whether there is one. */
export function managerOf(connection: NatsConnection): Promise<JetStreamManager> {
  return jetstreamManager(connection, { checkAPI: false, timeout: API_TIMEOUT_MS });
}

/**
 * Puts a question that may be put again until the first answer, whatever it is: a cluster that has no leader loses what it
 * is asked.
 *
 * @throws what JetStream says, or that it did not answer in time.
 */
export async function insist<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const put = (): void => void ask().then(resolve, reject);
  const again = setInterval(put, ASK_AGAIN_MS);
  put();
  try {
    return await promise;
  } finally {
    clearInterval(again);
  }
}

/** Looks at a stream. @throws as {@link insist}. */
export async function infoOf(connection: NatsConnection, stream: string): Promise<StreamInfo> {
  const manager = await managerOf(connection);
  return insist(() => manager.streams.info(stream));
}

/** Whether JetStream answered that there is no such stream, and not that it cannot answer. */
export function isStreamMissing(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound;
}
