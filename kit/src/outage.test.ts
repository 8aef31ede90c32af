import { expect, it } from 'vitest';
import { isOutage } from './outage.ts';

// as Prisma 7 with adapter-pg throws them
const raw = (originalCode: string) => Object.assign(new Error('Raw query failed'), { code: 'P2010', meta: { driverAdapterError: { cause: { originalCode } } } });
const known = (code: string, message = '') => Object.assign(new Error(message), { code });

it.each([
  ['no server', known('P1001')], ['a lost connection', known('P1017')], ['a full pool', known('P2024')], ['no connection for a transaction', known('P2028', 'Transaction API error: Unable to start a transaction in the given time.')],
  ['a full disk', raw('53100')], ['too many connections', raw('53300')], ['a shutdown', raw('57P01')], ['a start', Object.assign(raw('57P03'), { code: 'P2039' })], ['a standby', raw('25006')], ['the driver itself', known('08006')],
  ['a transaction whose connection broke', new Error('Client has encountered a connection error and is not queryable')], ['a statement whose connection broke', new Error('Connection terminated unexpectedly')],
])('%s is an outage', (_name, error) => {
  expect(isOutage(error)).toBe(true);
});

it.each([
  ['a wrong statement', raw('42601')], ['a broken rule', raw('23505')], ['a cancelled statement', raw('57014')], ['a transaction that took too long', known('P2028', 'Transaction already closed')], ['a mistake of ours', new TypeError('x')], ['nothing', undefined],
])('%s is none', (_name, error) => {
  expect(isOutage(error)).toBe(false);
});
