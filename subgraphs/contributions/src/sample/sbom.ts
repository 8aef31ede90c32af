import { createHash } from 'node:crypto';
import { parse } from 'graphql';
import type { Hub } from '@hubgraph/kit/hub';
import { systemIdentity } from '@hubgraph/kit/identity';
import type { SbomPackageInput } from '../sbom/input.ts';

const identity = systemIdentity('sample');

/** Name, version, declared licence, and what it depends on. */
type Line = readonly [name: string, version: string, licence: string | null, dependsOn?: readonly string[]];

interface Tree {
  readonly repo: string;
  readonly domain: string;
  readonly direct: readonly Line[];
  readonly transitive: readonly Line[];
  readonly dev: readonly Line[];
  readonly transitiveDev: readonly Line[];
}

const TREES: readonly Tree[] = [
  {
    repo: 'warehouse', domain: 'infotech',
    direct: [
      ['@fortawesome/fontawesome-free', '7.3.0', '(CC-BY-4.0 AND OFL-1.1 AND MIT)'], ['@hotwired/stimulus', '3.2.2', 'MIT'], ['admin-lte', '3.2.0', 'MIT', ['jqvmap-novulnerability', 'jszip', 'sparklines']], ['date-fns', '4.1.0', 'MIT'],
      ['jquery', '3.7.1', 'MIT'], ['normalize.css', '8.0.1', 'MIT'],
    ],
    transitive: [
      ['jqvmap-novulnerability', '1.5.1', '(MIT OR GPL-3.0)', ['jquery']], ['jszip', '3.10.1', '(MIT OR GPL-3.0-or-later)', ['lie', 'pako', 'readable-stream', 'setimmediate']], ['lie', '3.3.0', 'MIT', ['immediate']], ['immediate', '3.0.6', 'MIT'],
      ['pako', '1.0.11', '(MIT AND Zlib)'], ['readable-stream', '2.3.8', 'MIT', ['core-util-is', 'inherits', 'isarray']], ['core-util-is', '1.0.3', 'MIT'], ['inherits', '2.0.4', 'ISC'], ['isarray', '1.0.0', 'MIT'], ['setimmediate', '1.0.5', 'MIT'], ['sparklines', '1.3.0', null],
    ],
    dev: [['eslint', '10.2.0', 'MIT'], ['sharp', '0.35.0', 'Apache-2.0', ['@img/sharp-libvips-linux-x64', 'detect-libc']], ['webpack', '5.94.0', 'MIT', ['graceful-fs']]],
    transitiveDev: [['@img/sharp-libvips-linux-x64', '1.3.0', 'LGPL-3.0-or-later'], ['detect-libc', '2.1.2', 'Apache-2.0'], ['graceful-fs', '4.2.11', 'ISC']],
  },
  {
    repo: 'core-hub', domain: 'infotech',
    direct: [['fastify', '5.6.1', 'MIT', ['find-my-way', 'pino']], ['mariadb', '3.4.5', 'LGPL-2.1-or-later', ['denque', 'lru-cache']], ['nats', '2.29.3', 'Apache-2.0', ['nkeys.js']], ['node-forge', '1.3.1', '(BSD-3-Clause OR GPL-2.0)']],
    transitive: [
      ['denque', '2.1.0', 'Apache-2.0'], ['find-my-way', '9.3.0', 'MIT', ['ret']], ['lru-cache', '10.4.3', 'ISC'], ['nkeys.js', '1.1.0', 'Apache-2.0', ['tweetnacl']], ['pino', '10.0.0', 'MIT', ['sonic-boom']], ['ret', '0.5.0', 'MIT'], ['sonic-boom', '4.2.0', 'MIT'],
      ['tweetnacl', '1.0.3', 'Unlicense'],
    ],
    dev: [['typescript', '5.9.3', 'Apache-2.0']],
    transitiveDev: [],
  },
];

const INGEST = parse('mutation ($input: IngestSbomInput!) { ingestSbom(input: $input) { errors { message } } }');

/** Puts the bills of materials of the sample organisation in; the same content again changes nothing. */
export async function sampleSboms(hub: Hub): Promise<void> {
  for (const tree of TREES) {
    const packages = packagesOf(tree);
    const files = [{ name: 'package-lock.json', kind: 'PACKAGE_LOCK', sha256: createHash('sha256').update(JSON.stringify(packages)).digest('hex') }];
    const result = await hub.execute({ document: INGEST, variables: { input: { repo: tree.repo, domain: tree.domain, files, packages } }, identity, requestId: 'sample' });
    const answer = result.data?.ingestSbom as { errors: { message: string }[] } | null | undefined;
    const wrong = [...(result.errors ?? []), ...(answer?.errors ?? [])].map((error) => error.message);
    if (wrong.length > 0) throw new Error(`sample data: ${wrong.join(' ')}`);
  }
}

function packagesOf({ repo, direct, transitive, dev, transitiveDev }: Tree): SbomPackageInput[] {
  const keyOf = (name: string) => `package-lock.json#node_modules/${name}`;
  const entry = (isDirect: boolean, scope: 'PROD' | 'DEV') => ([name, version, declaredLicence, dependsOn = []]: Line): SbomPackageInput => ({
    key: keyOf(name), purl: `pkg:npm/${name.replace('@', '%40')}@${version}`, direct: isDirect, scope, source: { kind: 'REGISTRY' }, path: `node_modules/${name}`, declaredLicence, licenceSource: declaredLicence === null ? null : 'LOCKFILE', dependsOn: dependsOn.map(keyOf),
  });
  const root: SbomPackageInput = { key: 'package-lock.json#', purl: `pkg:npm/${repo}@1.0.0`, scope: 'PROD', source: { kind: 'WORKSPACE' }, path: '', thirdParty: false, dependsOn: [...direct, ...dev].map(([name]) => keyOf(name)) };
  return [root, ...direct.map(entry(true, 'PROD')), ...transitive.map(entry(false, 'PROD')), ...dev.map(entry(true, 'DEV')), ...transitiveDev.map(entry(false, 'DEV'))];
}
