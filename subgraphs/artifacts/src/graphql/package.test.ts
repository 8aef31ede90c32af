import { afterAll, beforeAll, expect, it } from 'vitest';
import { startArtifactsHub, type ArtifactsHub } from '../../../../test/harness/artifacts.ts';
import { as } from '../../../../test/harness/hub.ts';

let hub: ArtifactsHub;
const [author, viewer] = [as('author'), as('viewer')];

beforeAll(async () => {
  hub = await startArtifactsHub();
});
afterAll(() => hub[Symbol.asyncDispose]());

it('judges the metadata of a list no longer than a moment, whatever schemas somebody registered', async () => {
  // every level of the data is judged twice for each time that the one above is
  const level = { properties: { a: { $ref: '#/$defs/level' } }, required: ['missing'] };
  const slow = { $ref: '#/$defs/level', $defs: { level: { anyOf: [level, level] } } };
  const metadata = Array.from({ length: 30 }).reduce<object>((inner) => ({ a: inner }), {});
  expect((await hub.change('registerMetadataSchema', { key: 'tests.slow.v1', schema: slow }, 'schema { key }', author)).errors).toEqual([]);
  for (let index = 0; index < 6; index++) {
    const { errors } = await hub.change('createArtifactPackage', { producer: 'tests', subject: `${index}`, retentionClass: 'transient', metadataSchema: 'tests.slow.v1', metadata }, 'package { id }', author);
    expect(errors).toEqual([]);
  }
  const { artifactPackages } = await hub.ask('{ artifactPackages { nodes { allowedTransitions { verb unmet { code message } } } } }', {}, viewer);
  const said = artifactPackages.nodes.flatMap((node: any) => node.allowedTransitions.find((move: any) => move.verb === 'finalizeArtifactPackage').unmet.filter((rule: any) => rule.code === 'METADATA_INVALID')).map((rule: any) => rule.message);
  expect(said).toHaveLength(6);
  expect(said.filter((message: string) => message.includes('takes more than')).length).toBeLessThanOrEqual(2);
  expect(said.at(-1)).toContain('ask for this package alone');
});
