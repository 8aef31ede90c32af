import { expect, it } from 'vitest';
import { startTestHub } from '../../../test/harness/hub.ts';
import { definition } from './subgraph.ts';

it('is put in once, however often a first start is cut off', async () => {
  await using hub = await startTestHub(definition);
  const look = () => hub.ask('{ services { totalCount } deployments { totalCount } evidences { totalCount } gates { nodes { code status } } alerts { nodes { title count } } risks { totalCount } migrationRuns { totalCount } }');
  await definition.sample?.(hub.hub);
  const first = await look();
  expect(first).toMatchObject({ services: { totalCount: 5 }, evidences: { totalCount: 6 }, alerts: { nodes: [{ count: 1 }, { count: 1 }, { count: 1 }] } });
  await definition.sample?.(hub.hub);
  expect(await look()).toEqual(first);
  // what providers charge is an alert of this one
  expect(await hub.ask('{ service(slug: "finance") { owner } }')).toEqual({ service: { owner: 'jonas' } });
});
