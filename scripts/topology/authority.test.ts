import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDevIssuer } from '@hubgraph/kit/identity/issuer';
import { hubVerifier } from './authority.ts';

test('hubs believe the tokens that the gateway believes, and no others', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hubgraph-authority-'));
  try {
    const devIssuerPath = join(folder, 'issuer.json');
    const [issuer, stranger] = await Promise.all([openDevIssuer(devIssuerPath), openDevIssuer(join(folder, 'other.json'))]);
    const token = await issuer.sign({ sub: 'pipeline', roles: ['operator'], ttlSeconds: 60 });
    const verifier = hubVerifier({ host: '127.0.0.1', devIssuerPath }, {});
    expect(await verifier.verify(`Bearer ${token}`)).toMatchObject({ sub: 'pipeline', roles: ['operator'] });
    await expect(verifier.verify(await stranger.sign({ sub: 'pipeline', ttlSeconds: 60 }))).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    // where others can connect, nobody is anybody: the gateway does not start there, and a hub lets nobody in
    await expect(hubVerifier({ host: '0.0.0.0', devIssuerPath }, {}).verify(token)).rejects.toThrow('loopback');
    await expect(hubVerifier({ host: '127.0.0.1', devIssuerPath }, { HUBGRAPH_OIDC_ISSUER: 'https://issuer.example.org', HUBGRAPH_OIDC_JWKS_URL: 'http://127.0.0.1:9/jwks' }).verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
