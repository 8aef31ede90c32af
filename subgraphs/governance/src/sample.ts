import { createHash } from 'node:crypto';
import { parse } from 'graphql';
import type { Hub } from '@hubgraph/kit/hub';
import { systemIdentity } from '@hubgraph/kit/identity';
import type { SyncTask, SyncWorkplanInput } from './commands/sync/index.ts';

const identity = systemIdentity('sample');

const DOMAINS = [
  { slug: 'custodian', name: 'Custodian', owner: 'mara', description: 'Keeps the memory of the organisation: what is decided, what is under way, what was learned.' },
  { slug: 'infotech', name: 'Information technology', owner: 'jonas', description: 'Runs the services that the other domains stand on.' },
  { slug: 'stack', name: 'Stack', owner: 'ines', description: 'Builds and keeps the shared libraries, stores and pipelines.' },
];
const REPOS = [
  { slug: 'the-custodian', domain: 'custodian', name: 'The Custodian', defaultBranch: 'main', ecosystem: 'python', description: 'Canon, standards and workplans.' },
  { slug: 'state-hub', domain: 'custodian', name: 'State hub', defaultBranch: 'main', ecosystem: 'python', description: 'The record of workstreams, tasks and decisions.' },
  { slug: 'artifact-store', domain: 'stack', name: 'Artifact store', defaultBranch: 'main', ecosystem: 'python', description: 'Preserves packages of evidence.' },
  { slug: 'core-hub', domain: 'infotech', name: 'Core hub', defaultBranch: 'main', ecosystem: 'npm', description: 'The service in the middle.' },
  { slug: 'warehouse', domain: 'infotech', name: 'Warehouse', defaultBranch: 'main', ecosystem: 'pypi', description: 'The package index.' },
];

const task = (code: string, status: SyncTask['status'], priority: SyncTask['priority'], title: string, more: Partial<SyncTask> = {}): SyncTask => ({ code, status, priority, title, ...more });

const WORKPLANS: readonly Omit<SyncWorkplanInput, 'source'>[] = [
  {
    code: 'CUST-WP-0002', title: 'Contributions and bills of materials in the state hub', domain: 'custodian', repo: 'state-hub', topic: 'custodian', status: 'COMPLETED', owner: 'custodian', createdOn: '2026-02-26',
    summary: 'One place for what we give upstream and what we take in.',
    tasks: [
      task('CUST-WP-0002-T01', 'DONE', 'HIGH', 'Write the contribution convention', { note: 'Agreed and published.' }),
      task('CUST-WP-0002-T02', 'DONE', 'HIGH', 'Write templates for the four kinds of contribution', { note: 'Four templates stand in the canon.' }),
      task('CUST-WP-0002-T03', 'DONE', 'MEDIUM', 'Record the first upstream pull request by the convention', { note: 'Recorded as a draft.' }),
    ],
    closureReview: {
      date: '2026-03-02', outcome: 'COMPLETED', context: 'Everything was delivered; nothing is carried forward.', reviewer: 'mara',
      classifications: [{ task: 'CUST-WP-0002-T01', as: 'DONE' }, { task: 'CUST-WP-0002-T02', as: 'DONE' }, { task: 'CUST-WP-0002-T03', as: 'DONE' }],
    },
  },
  {
    code: 'CUST-WP-0025', title: 'Move the core hub to the federated graph', domain: 'custodian', repo: 'the-custodian', topic: 'custodian', status: 'ACTIVE', owner: 'mara', planningPriority: 'HIGH', planningOrder: 1, createdOn: '2026-04-20', dependsOn: ['CUST-WP-0002'],
    summary: 'The core hub answers through the graph; the old endpoints stay until the evidence says otherwise.',
    tasks: [
      task('CUST-WP-0025-T01', 'DONE', 'HIGH', 'Name the nouns that the core hub owns', { note: 'Eleven nouns, agreed with the domains.' }),
      task('CUST-WP-0025-T02', 'IN_PROGRESS', 'HIGH', 'Answer the dashboard\'s questions from the graph', { acceptance: [{ text: 'Orientation answers in one query', done: true }, { text: 'Numbers agree with the old dashboard for a week', done: false }] }),
      task('CUST-WP-0025-T03', 'WAITING', 'HIGH', 'Cut the writers over', { waitingOn: 'CUST-WP-0025-T02' }),
      task('CUST-WP-0025-T04', 'TODO', 'MEDIUM', 'Rehearse the way back'),
      task('CUST-WP-0025-T05', 'TODO', 'LOW', 'Retire the old endpoints'),
    ],
  },
  {
    code: 'CUST-WP-0040', title: 'Publish what happens, instead of running errands', domain: 'custodian', repo: 'the-custodian', topic: 'custodian', status: 'ACTIVE', owner: 'custodian', createdOn: '2026-05-14', dependsOn: ['CUST-WP-0025'],
    summary: 'The state hub tells of its changes on the event stream; others react to them.',
    tasks: [
      task('CUST-WP-0040-T01', 'TODO', 'HIGH', 'Publish changes to the event stream'),
      task('CUST-WP-0040-T02', 'TODO', 'MEDIUM', 'Agree on the names of subjects'),
      task('CUST-WP-0040-T03', 'TODO', 'MEDIUM', 'List the errands that others take over'),
    ],
  },
  {
    code: 'ARTIFACT-STORE-WP-0005', title: 'Take in the first real assessment run', domain: 'stack', repo: 'artifact-store', topic: 'stack', status: 'COMPLETED', owner: 'ines', planningPriority: 'HIGH', planningOrder: 5, createdOn: '2026-05-15',
    summary: 'One run of the guide board, preserved as a package that anyone can verify.',
    tasks: [
      task('ARTIFACT-STORE-WP-0005-T001', 'DONE', 'HIGH', 'Register the schema of a run\'s metadata', { note: 'guide-board.run.v1 is registered.' }),
      task('ARTIFACT-STORE-WP-0005-T002', 'DONE', 'HIGH', 'Ingest a run by one command', { note: '23 files, replayed and verified.' }),
    ],
    closureReview: {
      date: '2026-05-17', outcome: 'COMPLETED', context: 'A real run was ingested and every file verified.', reviewer: 'mara',
      classifications: [{ task: 'ARTIFACT-STORE-WP-0005-T001', as: 'DONE' }, { task: 'ARTIFACT-STORE-WP-0005-T002', as: 'DONE' }],
    },
  },
  {
    code: 'INFOTECH-WP-0011', title: 'One login for every service', domain: 'infotech', repo: 'core-hub', status: 'PROPOSED', owner: 'jonas', createdOn: '2026-06-02', summary: 'Services trust one issuer.',
    tasks: [task('INFOTECH-WP-0011-T01', 'TODO', 'MEDIUM', 'List who signs in where today'), task('INFOTECH-WP-0011-T02', 'TODO', 'MEDIUM', 'Choose the issuer')],
  },
];

const DECISION = {
  title: 'Keep the old endpoints until the dual run has passed', context: 'Writers move one by one.', domains: ['custodian', 'infotech'], workstream: 'CUST-WP-0025', blocking: true,
  options: [{ title: 'Cut over at once' }, { title: 'Run both and compare', description: 'Costs a month of double writes.' }],
};

/** Puts governance's part of the sample organisation in, by its own mutations; what is there already stays as it is. */
export async function sample(hub: Hub): Promise<void> {
  const send = async (text: string, input: object): Promise<void> => {
    const result = await hub.execute({ document: parse(text), variables: { input }, identity, requestId: 'sample' });
    const answer = result.data && (Object.values(result.data)[0] as { errors: { code: string; message: string }[] } | null);
    const wrong = [...(result.errors ?? []).map((error) => error.message), ...(answer?.errors ?? []).filter((error) => error.code !== 'DUPLICATE').map((error) => error.message)];
    if (wrong.length > 0) throw new Error(`sample data: ${wrong.join(' ')}`);
  };
  const call = (verb: string) => `mutation ($input: ${verb[0]?.toUpperCase()}${verb.slice(1)}Input!) { ${verb}(input: $input) { errors { code message } } }`;
  for (const domain of DOMAINS) await send(call('registerDomain'), domain);
  for (const repo of REPOS) await send(call('registerRepo'), repo);
  for (const plan of WORKPLANS) {
    const sha256 = createHash('sha256').update(JSON.stringify(plan)).digest('hex');
    await send(call('syncWorkplan'), { ...plan, source: { path: `sample/${plan.code}.md`, sha256 } });
  }
  await send(call('proposeDecision'), { ...DECISION, idempotencyKey: 'sample decision' });
  await send(call('setGoal'), { domain: 'custodian', title: 'Everything that the organisation knows is one query away', idempotencyKey: 'sample goal' });
  await send(call('recordProgress'), { eventType: 'note', summary: 'The sample organisation was set up.', details: { domains: DOMAINS.length, repos: REPOS.length }, subject: { domain: 'custodian' }, idempotencyKey: 'sample progress' });
}
