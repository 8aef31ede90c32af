import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Findings } from './tree.ts';

/** What every hub has under `src/`: a file, or a folder of the same name with one file per noun. */
const REQUIRED = ['manifest', 'model', 'errors', 'lifecycle', 'events', 'store', 'commands', 'config', 'subgraph', 'graphql'];

/** What a hub may have besides, and what for. */
const OPTIONAL = [
  'main', // its own process
  'workplan', // governance: reads and writes workplan files
  'contrib', // contributions: reads and writes contribution files
  'sbom', // contributions: reads lockfiles and bills of materials
  'licence', // contributions: evaluates licence expressions
  'content', // artifacts: paths, digests, manifests, metadata schemas
  'storage', // artifacts: adapters of the places where bytes lie
  'transfer', // artifacts: bytes over HTTP, by signed URLs
  'client', // artifacts: ingests and verifies from outside, over the graph
  'evidence', // ops: what may be in evidence, and what must not
  'ingest', // ops: events and webhooks of others over HTTP
  'gate', // ops: the evaluation of gates
  'alert', // ops: silences, inhibition, escalation
  'inventory', // ops: reads inventory files
  'money', // finance: exact decimals, splits, calendar
  'import', // finance: reads cost and usage files
  'attribution', // finance: to whom charges belong
  'forecast', // finance: runway, burn, thresholds, anomalies
  'consumer', // follows the events of other hubs
  'jobs', // scheduled work
  'sample', // its part of the sample organisation
];

/** The same file name answers the same question in every hub. */
export function hubShape(root: string): Findings {
  const faults: string[] = [];
  for (const hub of readdirSync(join(root, 'subgraphs')).filter((name) => existsSync(join(root, 'subgraphs', name, 'package.json')))) {
    const base = `subgraphs/${hub}`;
    const src = join(root, base, 'src');
    const names = existsSync(src) ? readdirSync(src) : [];
    const roles = new Set(names.filter((name) => !/\.(test|test-d|bench|fixture)\.ts$/.test(name)).map((name) => (statSync(join(src, name)).isDirectory() ? name : name.replace(/\.ts$/, ''))));
    for (const role of REQUIRED) if (!roles.has(role)) faults.push(`${base}/src: has no ${role}.ts, which every hub has`);
    for (const role of roles) if (!REQUIRED.includes(role) && !OPTIONAL.includes(role)) faults.push(`${base}/src/${role}: is in no other hub; put it into one of the known files, or name it in scripts/check/hub-shape.ts`);
    if (roles.has('graphql') && !existsSync(join(src, 'graphql', 'builder.ts'))) faults.push(`${base}/src/graphql: has no builder.ts, which every hub has`);
    for (const path of [`prisma/${hub}/schema.prisma`, `prisma/${hub}/migrations`]) if (!existsSync(join(root, path))) faults.push(`${path}: is missing, every hub has its own`);
    const { name } = JSON.parse(readFileSync(join(root, base, 'package.json'), 'utf8')) as { name: string };
    if (name !== `@hubgraph/${hub}`) faults.push(`${base}/package.json: is called ${name} and not @hubgraph/${hub}`);
  }
  return { faults };
}
