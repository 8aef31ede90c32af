import { expect, test } from 'vitest';
import { startNats } from '../../../test/harness/nats.ts';
import { quiet } from '../../../test/harness/outbox.ts';
import { until } from '../../../test/harness/until.ts';
import { connectBus } from './bus.ts';

test('a server that comes later is found, and its loss and return are told', async () => {
  await using nats = await startNats();
  await nats.halt();
  const bus = connectBus(nats.url, quiet);
  const changes: boolean[] = [];
  bus.onChange((up) => changes.push(up));
  await until('a reason', () => bus.trouble()?.startsWith('NATS: '));
  expect(bus.connection()).toBeUndefined();
  const waiting = bus.connected();
  await nats.restart();
  expect(await waiting).toBe(bus.connection());
  expect(bus.trouble()).toBeUndefined();
  await nats.kill();
  await until('the loss', () => bus.connection() === undefined);
  expect(bus.trouble()).toBe('NATS does not answer');
  await nats.restart();
  await bus.connected();
  expect(changes).toEqual([true, false, true]);
  await bus.close();
  expect(changes).toEqual([true, false, true, false]);
  await expect(bus.connected()).rejects.toThrow('the bus is closed');
});

test('a refused login is said and tried again, and waiting for it can be given up', async () => {
  await using nats = await startNats();
  const wrong = Object.assign(new URL(nats.url), { password: 'wrong' }).href;
  const bus = connectBus(wrong, quiet);
  await until('the refusal', () => /authorization/i.test(bus.trouble() ?? ''));
  const given = new AbortController();
  const waiting = bus.connected(given.signal);
  given.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await bus.close();
});
