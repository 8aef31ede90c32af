import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createClient } from '../scripts/cli/client.ts';
import { checkFiles } from '../scripts/cli/workplans/check.ts';
import { syncFiles } from '../scripts/cli/workplans/sync.ts';

// Time and memory to sync a folder of workplans with a running graph: first run, second run (which must change nothing),
// a run after one task of every file moved, and --check. The codes are new in every run of the bench, so it may run twice
// against one graph; it leaves its workstreams there.
//
//   node bench/workplans.ts --endpoint URL --token TOKEN [--files 500] [--tasks 20] [--concurrency 4]

const { values } = parseArgs({
  options: {
    endpoint: { type: 'string' }, token: { type: 'string' }, files: { type: 'string', default: '500' }, tasks: { type: 'string', default: '20' },
    concurrency: { type: 'string', default: '4' }, json: { type: 'boolean', default: false },
  },
});
const files = Number(values.files);
const tasks = Number(values.tasks);
const concurrency = Number(values.concurrency);
const client = createClient(values);
const prefix = `BENCH${Date.now().toString(36).toUpperCase()}`;

await client.request('mutation { registerDomain(input: { slug: "bench", name: "Bench" }) { errors { code } } }');
const folder = await mkdtemp(join(tmpdir(), 'hubgraph-bench-'));
let peak = 0;
const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 50);
try {
  const first = await write('todo').then(() => timed('first run', sync));
  const second = await timed('second run', sync);
  const moved = await write('done').then(() => timed('one task moved in every file', sync));
  const check = await timed('--check', async () => ({ differences: (await checkFiles(client, [folder], { concurrency })).drift.length }));
  const report = { files, tasks: files * tasks, concurrency, runs: [first, second, moved, check], peakRssMiB: Math.round(peak / 1024 ** 2) };
  if (values.json) console.log(JSON.stringify(report));
  else {
    console.table(report.runs);
    console.log(`${files} files, ${report.tasks} tasks, ${concurrency} at a time; peak RSS of the client ${report.peakRssMiB} MiB`);
  }
} finally {
  clearInterval(watch);
  await rm(folder, { recursive: true });
}

async function timed<Result extends object>(what: string, run: () => Promise<Result>): Promise<{ what: string; seconds: number } & Result> {
  const started = performance.now();
  const result = await run();
  return { what, seconds: Math.round((performance.now() - started) / 10) / 100, ...result };
}

async function sync(): Promise<{ created: number; updated: number; unchanged: number; refused: number; events: number }> {
  const run = await syncFiles(client, [folder], { concurrency });
  if (run.failure !== undefined) throw run.failure;
  const count = (outcome: string) => run.files.filter((file) => file.outcome === outcome).length;
  return { created: count('CREATED'), updated: count('UPDATED'), unchanged: count('UNCHANGED'), refused: count('REFUSED'), events: run.files.reduce((total, { events }) => total + events, 0) };
}

/** Writes the files; `state` is that of the first task of each. */
async function write(state: string): Promise<void> {
  for (let file = 1; file <= files; file += 1) {
    const below = join(folder, `group-${file % 10}`);
    await mkdir(below, { recursive: true });
    const code = `${prefix}-WP-${String(file).padStart(4, '0')}`;
    const list = Array.from({ length: tasks }, (_, task) => [
      `### Part ${task + 1} — Something to do`, '', '```task', `id: ${code}-T${String(task + 1).padStart(2, '0')}`, `status: ${task === 0 ? state : 'todo'}`, 'priority: medium', '```', '',
      'What it is about, in a sentence or two that nobody reads but everybody stores.', '', 'Acceptance:', '', '- it is done', '- somebody looked', '',
    ].join('\n'));
    await writeFile(join(below, `${code}.md`), ['---', `id: ${code}`, 'type: workplan', `title: Bench ${file}`, 'domain: bench', 'status: active', 'owner: bench', '---', '', '## Summary', '', 'A workplan of the bench.', '', ...list].join('\n'));
  }
}
