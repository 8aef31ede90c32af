import type { GuideBoardRun } from '../content/guide-board.ts';

/** One package of the sample organisation, and how far it has come. */
export interface SamplePackage {
  readonly input: Readonly<Record<string, unknown>> & { readonly metadataSchema?: string; readonly metadata: Readonly<Record<string, unknown>> };
  /** Content by path. */
  readonly files: Readonly<Record<string, string>>;
  /** How many of the files have arrived; all of them when left out, and the package is finalized. */
  readonly arrived?: number;
  readonly hold?: { readonly reason: string; readonly authority: string };
  /** Why it is kept no longer. */
  readonly over?: string;
}

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

const EVIDENCE = [
  { id: 'ev-001', kind: 'log-review', title: 'Answers of the old endpoints over a week', path: 'raw/endpoint-answers.jsonl' },
  { id: 'ev-002', kind: 'query', title: 'The same questions, put to the graph', path: 'raw/graph-answers.jsonl' },
  { id: 'ev-003', kind: 'config', title: 'Settings of the gateway', path: 'raw/gateway-settings.json' },
];
const FINDINGS = [
  { id: 'fi-001', severity: 'medium', title: 'Two counts differ by the tasks of archived workstreams', evidence: ['ev-001', 'ev-002'] },
  { id: 'fi-002', severity: 'low', title: 'The answer to orientation has no total', evidence: ['ev-002'] },
];
const answers = (of: string) => Array.from({ length: 40 }, (_, line) => JSON.stringify({ at: `2026-06-${String(1 + (line % 7)).padStart(2, '0')}T06:${String(line).padStart(2, '0')}:00Z`, of, question: ['orientation', 'tasks', 'decisions', 'stale'][line % 4], status: 200, count: 20 + ((line * 7) % 13) })).join('\n');

const run = {
  run_id: 'gb-2026-06-08-state-hub',
  target_profile_ref: 'profiles/state-hub@3',
  assessment_profile_ref: 'assessments/graph-parity@1.2',
  result_status: 'passed_with_findings',
  source_commits: { 'state-hub': '4f2a1c96b0d3e8f75a1c24b9d06e7f83c5a19b42', 'core-hub': 'b7d90e31f4c852a6e19d73b05c84fa26e3071d9c' },
  report_paths: ['reports/assessment-package.json', 'reports/scorecard.json', 'reports/summary.md'],
  evidence_counts: { config: 1, 'log-review': 1, query: 1 },
  finding_counts: { low: 1, medium: 1 },
} satisfies GuideBoardRun;

export const PACKAGES: readonly SamplePackage[] = [
  {
    input: {
      producer: 'guide-board', subject: 'Parity of the graph with the old endpoints of the state hub', domain: 'custodian', repo: 'state-hub', workstream: 'CUST-WP-0025', task: 'CUST-WP-0025-T02', retentionClass: 'summary-evidence',
      sourceCommits: Object.entries(run.source_commits).map(([repo, commit]) => ({ repo, commit })), metadataSchema: 'guide-board.run.v1', metadata: run,
    },
    files: {
      'run.json': json({ ...run, started_at: '2026-06-08T05:58:12Z', finished_at: '2026-06-08T06:21:47Z', tool: 'guide-board 0.9.2' }),
      'retention-summary.json': json({ run_id: run.run_id, retention_class: 'summary-evidence', reason: 'Decides whether the old endpoints may go.' }),
      'reports/assessment-package.json': json({ run_id: run.run_id, evidence: EVIDENCE, findings: FINDINGS }),
      'reports/scorecard.json': json({ run_id: run.run_id, scores: { parity: 0.96, latency: 0.99, documentation: 0.8 } }),
      'reports/summary.md': '# Parity of the graph with the old endpoints\n\nOf 40 questions, 38 have the same answer. Two counts differ by the tasks of archived workstreams, which the graph leaves out on purpose.\n',
      'log-reviews/endpoint-answers.md': '# Review of the answers\n\nNo answer took longer than 300 ms. Nobody asked for a field that the graph lacks.\n',
      'raw/endpoint-answers.jsonl': answers('endpoint'),
      'raw/graph-answers.jsonl': answers('graph'),
      'raw/gateway-settings.json': json({ subscriptions: true, limits: { depth: 12, cost: 5_000 } }),
    },
  },
  {
    input: {
      producer: 'ines', subject: 'Release 2.4.0 of the artifact store', domain: 'stack', repo: 'artifact-store', workstream: 'ARTIFACT-STORE-WP-0005', retentionClass: 'release-evidence',
      sourceCommits: [{ repo: 'artifact-store', commit: '91c3e5d8072b4fa6d1e0937c5b86a24fd0e17b38' }], metadata: { release: '2.4.0', tests: { passed: 412, failed: 0 } },
    },
    files: {
      'test-report.xml': '<testsuites tests="412" failures="0"><testsuite name="store" tests="412" failures="0" time="38.2"/></testsuites>\n',
      'CHANGELOG.md': '# 2.4.0\n\n- Manifests are canonical CBOR.\n- Uploads go on after a crash.\n',
      'checksums.txt': '8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4  artifact-store-2.4.0.tar.gz\n',
    },
    hold: { reason: 'A customer disputes what was delivered with 2.4.0.', authority: 'Decision of the domain stack' },
  },
  {
    input: { producer: 'jonas', subject: 'Rehearsal of the way back of the core hub', domain: 'infotech', repo: 'core-hub', workstream: 'CUST-WP-0025', task: 'CUST-WP-0025-T04', retentionClass: 'raw-evidence', metadata: { rehearsal: 1 } },
    files: { 'rehearsal.log': Array.from({ length: 60 }, (_, line) => `2026-06-15T08:${String(line).padStart(2, '0')}:00Z step ${line + 1} of 60 done`).join('\n'), 'screens/after.txt': 'All writers are on the old endpoints again.\n', 'notes.md': '# Notes\n\nTook 61 minutes; 45 were planned.\n' },
    arrived: 1,
  },
  {
    input: { producer: 'warehouse-ci', subject: 'Nightly build of the warehouse', domain: 'infotech', repo: 'warehouse', retentionClass: 'transient', metadata: { build: 1184 } },
    files: { 'build.log': 'resolved 214 packages\nbuilt 3 wheels\n', 'wheels.txt': 'warehouse-2026.6.2-py3-none-any.whl\n' },
    over: 'The build was repeated; nobody needs this one.',
  },
];
