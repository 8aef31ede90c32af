import { systemClock } from '@hubgraph/kit/clock';
import { parse } from 'graphql';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { loadHubs } from '../../scripts/hubs.ts';
import { as } from '../harness/hub.ts';
import { asAdmin, freshDatabase } from '../harness/postgres.ts';

const definition = (await loadHubs()).find(({ manifest }) => manifest.name === 'governance')!;
const open = (databaseUrl: string) => definition.create({ databaseUrl, cursorKeys: ['a key of the tests'], clock: systemClock, log: pino({ level: 'silent' }), env: {} });
const unavailable = [expect.objectContaining({ message: 'The hub governance cannot answer now.', extensions: { code: 'HUB_UNAVAILABLE', hub: 'governance' } })];

it('a hub without its database says that it is not available, and not that we made a mistake', async () => {
  const hub = await open('postgresql://nobody@127.0.0.1:1/none');
  const { errors } = await hub.execute({ document: parse('{ domains { totalCount } }'), identity: as('viewer') });
  expect(errors).toEqual(unavailable);
  await hub.stop();
});

it('a database that can only be read answers questions and refuses changes', async () => {
  await using database = await freshDatabase('governance');
  await asAdmin(database.url, `ALTER DATABASE "${database.name}" SET default_transaction_read_only = on`);
  const hub = await open(database.url);
  const { data } = await hub.execute({ document: parse('{ domains { totalCount } }'), identity: as('viewer') });
  expect(data).toMatchObject({ domains: { totalCount: 0 } });
  const { errors } = await hub.execute({ document: parse('mutation { registerDomain(input: { slug: "a", name: "A" }) { domain { id } } }'), identity: as('maintainer') });
  expect(errors).toEqual(unavailable);
  await hub.stop();
});
