import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { startNats, type TestNats } from '../../../test/harness/nats.ts';
import { until } from '../../../test/harness/until.ts';
import type { Revocation } from '../identity/revocations.ts';
import { silentLog } from '../log.ts';
import { connectBus } from './bus.ts';
import { managerOf } from './jetstream.ts';
import { followRevocations, publishRevocation, readRevocations, REVOCATIONS, type RevocationLog } from './revocation-log.ts';

let nats: TestNats;
let count = 0;
const made = (name = `s${count++}`): Revocation => ({ kind: 'subject', name, until: Math.floor(Date.now() / 1_000) + 600, at: new Date().toISOString(), by: 'op' });

beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats.stop());
beforeEach(() => nats.restart());

function connected() {
  const bus = connectBus(nats.url, silentLog());
  onTestFinished(() => bus.close());
  return bus;
}

function follower(every?: number): { log: RevocationLog; heard: string[] } {
  const heard: string[] = [];
  const log = followRevocations({ bus: connected(), replicas: 1, told: ({ name, lifted }) => void heard.push(lifted ? `-${name}` : name), log: silentLog(), every });
  onTestFinished(() => log.close());
  return { log, heard };
}

describe('the log of revocations', () => {
  it('tells everybody, at once and also who comes later, the last word on each name', async () => {
    const { log, heard } = follower(60_000);
    await log.heard(AbortSignal.timeout(5_000));
    const connection = await connected().connected();
    const [one, two] = [made(), made()];
    await publishRevocation(connection, one, 1);
    await publishRevocation(connection, two, 1);
    // looks are a minute apart here: it was told by the message that passed
    await until('both', () => heard.includes(one.name) && heard.includes(two.name), { deadline: 2_000 });
    await publishRevocation(connection, { ...one, lifted: true }, 1);
    await until('the lift', () => heard.includes(`-${one.name}`), { deadline: 2_000 });
    const late = follower();
    await late.log.heard(AbortSignal.timeout(5_000));
    expect(late.heard.filter((name) => name.endsWith(one.name))).toEqual([`-${one.name}`]);
    expect(late.heard).toContain(two.name);
    expect((await readRevocations(connection)).map(({ name }) => name)).toEqual(expect.arrayContaining([one.name, two.name]));
    const { consumer_count: consumers } = (await (await managerOf(connection)).streams.info(REVOCATIONS)).state;
    expect(consumers).toBe(0);
  });

  it('counts the silence of NATS, and hears afterwards what it missed', async () => {
    const { log, heard } = follower(100);
    await log.heard(AbortSignal.timeout(5_000));
    const before = log.silence();
    expect(before).toBeLessThan(2_000);
    await nats.kill();
    await until('silence', () => log.silence() > 600, { deadline: 10_000 });
    await nats.restart();
    const revocation = made();
    await publishRevocation(await connected().connected(), revocation, 1);
    await until('the revocation', () => heard.includes(revocation.name), { deadline: 10_000 });
    await until('no more silence', () => log.silence() < 600, { deadline: 10_000 });
  });

  it('goes on with a stream that was deleted and made again, and passes over what is no revocation', async () => {
    const { log, heard } = follower(100);
    await log.heard(AbortSignal.timeout(5_000));
    const connection = await connected().connected();
    const first = made();
    await publishRevocation(connection, first, 1);
    await until('the first', () => heard.includes(first.name));
    await (await managerOf(connection)).streams.delete(REVOCATIONS);
    const second = made();
    await publishRevocation(connection, second, 1);
    for (const text of ['x', '{"kind":"all"}']) connection.publish('hubgraph.revocations.subject.x', text);
    const third = made();
    await publishRevocation(connection, third, 1);
    await until('the others', () => heard.includes(second.name) && heard.includes(third.name), { deadline: 5_000 });
  });
});
