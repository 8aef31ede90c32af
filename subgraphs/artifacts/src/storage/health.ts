import type { PartHealth } from '@hubgraph/kit/hub';
import type { BackendHealth, StorageBackend } from './backend.ts';

/** In milliseconds: how long a backend may take to answer, and how long its answer is good. */
const PATIENCE = 3_000;
const FRESH = 5_000;

interface Asked {
  readonly at: number;
  readonly answer: Promise<BackendHealth>;
  settled: boolean;
}
const asked = new WeakMap<StorageBackend, Asked>();

/** Whether a backend works; at most a few seconds old, and answered within a few seconds. Never rejects. */
export async function healthOf(backend: StorageBackend): Promise<BackendHealth> {
  const silence = Promise.withResolvers<BackendHealth>();
  const patience = setTimeout(() => silence.resolve({ ready: false, reason: `the storage did not answer within ${PATIENCE / 1_000} s` }), PATIENCE);
  try {
    return await Promise.race([ask(backend), silence.promise]);
  } finally {
    clearTimeout(patience);
  }
}

/** One line of `/health/ready` for each backend. */
export function storageHealth(backends: readonly StorageBackend[]): Promise<PartHealth[]> {
  return Promise.all(backends.map(async (backend) => {
    const { ready, reason } = await healthOf(backend);
    return { part: `artifacts.storage.${backend.name}`, ready, ...(reason === undefined ? {} : { reason }) };
  }));
}

/** A backend that hangs is not asked again until it has answered: questions would only pile up. */
function ask(backend: StorageBackend): Promise<BackendHealth> {
  const last = asked.get(backend);
  if (last !== undefined && (!last.settled || performance.now() - last.at < FRESH)) return last.answer;
  // what it failed by may hold addresses or names of files; the log of the operation that needed it has them
  const answer = backend.health().catch((): BackendHealth => ({ ready: false, reason: 'the storage cannot be examined' }));
  const question: Asked = { at: performance.now(), answer, settled: false };
  void answer.then(() => (question.settled = true));
  asked.set(backend, question);
  return answer;
}
