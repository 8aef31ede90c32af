import { expect, test } from 'vitest';
import { startConfig } from './config.ts';

test('the settings of gateway, hubs and events are checked with those of the start, all at once', async () => {
  const wrong = startConfig({ PORT: 'x', HUBGRAPH_OIDC_ISSUER: 'id.example.org', HUBGRAPH_STALE_DAYS: '-1' });
  await expect(wrong).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(/^Wrong setting: PORT=x: .*HUBGRAPH_OIDC_ISSUER=id\.example\.org: .*HUBGRAPH_STALE_DAYS=-1: /) });
});
