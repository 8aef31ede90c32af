import { execFileSync, spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ingestDirectory } from '@hubgraph/artifacts/client/ingest';
import { openDevIssuer } from '@hubgraph/kit/identity/issuer';
import { startProduct } from '../test/harness/product.ts';

// Time and memory to preserve one large file and very many small ones, through the whole product: `npm start` with its own
// PostgreSQL and storage in a temporary data folder, each hub in its process, and `hubgraph artifacts ingest` as a process of its own. Beside them
// the same bytes by `sha256sum` and `b3sum`, one after the other (all from a warm cache).
//
//   node bench/artifacts.ts [--large 2000] [--small 20000] [--json]        --large in MB; 0 leaves one out

const { values } = parseArgs({ options: { large: { type: 'string', default: '2000' }, small: { type: 'string', default: '20000' }, json: { type: 'boolean', default: false } } });
const [large, small] = [Number(values.large) * 1_000_000, Number(values.small)];
const ROOT = join(import.meta.dirname, '..');
const MB = 1_000_000;
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: { hubgraph: string } };

/** A dry run asks nothing. */
const unused = { graphql: () => Promise.reject(new Error('asked in a dry run')) };

const folder = await mkdtemp(join(tmpdir(), 'hubgraph-bench-'));
const disk = await statfs(folder);
if (disk.bavail * disk.bsize < 2.5 * large + 2_000 * MB) throw new Error(`${tmpdir()} has too little space for ${values.large} MB twice.`);
const dataDir = join(folder, 'data');
const product = startProduct({ dataDir, args: ['--topology', 'processes'], env: { HUBGRAPH_LOG_LEVEL: 'warn' } });
try {
  const url = await product.ready();
  const issuer = await openDevIssuer(join(dataDir, 'dev-issuer.json'));
  const token = () => issuer.sign({ sub: 'bench', roles: ['author'], ttlSeconds: 3_600 });
  const idle = memoryOf(product.pid);
  const reports = [];
  for (const [what, amount, make] of [['small files', small, makeSmall], ['one large file', large, makeLarge]] as const) {
    if (amount === 0) continue;
    const at = join(folder, what.replaceAll(' ', '-'));
    await mkdir(at);
    const bytes = await make(at);
    const tools = toolSeconds(at);
    const began = performance.now();
    const hashed = await ingestDirectory(unused, at, { producer: 'hubgraph artifacts ingest', subject: 'bench', retentionClass: 'raw-evidence', dryRun: true });
    const hashSeconds = (performance.now() - began) / 1000;
    const ingest = await run(['artifacts', 'ingest', at, '--json', '--endpoint', url, '--token', await token()]);
    const again = await run(['artifacts', 'ingest', at, '--json', '--endpoint', url, '--token', await token()]);
    const download = await run(['artifacts', 'download', ingest.answer.packageId as string, join(folder, 'out'), '--json', '--endpoint', url, '--token', await token()]);
    if (again.answer.outcome !== 'unchanged' || ingest.answer.manifestDigest !== hashed.manifestDigest) throw new Error('the second ingest did not find the first');
    reports.push({
      what, files: ingest.answer.fileCount, megabytes: Math.round(bytes / MB), ...tools,
      clientHashSeconds: round(hashSeconds), hashSpeedOfTools: round(tools.toolSeconds / hashSeconds),
      ingestSeconds: round(ingest.seconds), ingestMBps: Math.round(bytes / MB / ingest.seconds), againSeconds: round(again.seconds), downloadSeconds: round(download.seconds),
      clientPeakMB: Math.max(ingest.peak, download.peak), productPeakMB: memoryOf(product.pid),
    });
    await rm(at, { recursive: true });
    await rm(join(folder, 'out'), { recursive: true });
  }
  if (values.json) console.log(JSON.stringify({ idleMB: idle, reports }));
  else {
    for (const report of reports) console.table(report);
    console.log(`peaks of the product's own processes when idle: ${idle} MB`);
  }
} finally {
  await product.end('SIGTERM');
  await rm(folder, { recursive: true, force: true });
}

/** In folders of a hundred, 1 to 8 kB each. */
async function makeSmall(at: string): Promise<number> {
  let bytes = 0;
  for (let index = 0; index < small; index++) {
    if (index % 100 === 0) await mkdir(join(at, `d${index / 100}`));
    const content = randomFillSync(Buffer.alloc(1_000 + ((index * 7_919) % 7_000)));
    bytes += content.length;
    await writeFile(join(at, `d${Math.floor(index / 100)}`, `f${index}.bin`), content);
  }
  return bytes;
}

async function makeLarge(at: string): Promise<number> {
  const out = createWriteStream(join(at, 'large.bin'));
  const piece = Buffer.alloc(10 * MB);
  for (let written = 0; written < large; written += piece.length) if (!out.write(Buffer.from(randomFillSync(piece)))) await once(out, 'drain');
  out.end();
  await once(out, 'close');
  return large;
}

/** Seconds of the two tools over every file, or of our library where `b3sum` is missing. */
function toolSeconds(at: string): { readonly tools: string; readonly toolSeconds: number } {
  const timed = (tool: string) => {
    const began = performance.now();
    execFileSync('sh', ['-c', `find . -type f -print0 | xargs -0 ${tool} > /dev/null`], { cwd: at });
    return (performance.now() - began) / 1000;
  };
  execFileSync('sh', ['-c', 'find . -type f -print0 | xargs -0 cat > /dev/null'], { cwd: at });
  const sha256 = timed('sha256sum');
  try {
    execFileSync('b3sum', ['--version'], { stdio: 'ignore' });
  } catch {
    console.error('b3sum is not here (Debian has a package b3sum): the ratio is to sha256sum and the BLAKE3 of @napi-rs/blake-hash in this process.');
    return { tools: 'sha256sum + @napi-rs', toolSeconds: round(sha256 + ownBlake3(at)) };
  }
  return { tools: 'sha256sum + b3sum', toolSeconds: round(sha256 + timed('b3sum')) };
}

function ownBlake3(at: string): number {
  const began = performance.now();
  execFileSync('node', ['--input-type=module', '-e', `
    import { readdirSync, openSync, readSync, closeSync } from 'node:fs'; import { join } from 'node:path'; import { Blake3Hasher } from ${JSON.stringify(import.meta.resolve('@napi-rs/blake-hash'))};
    const piece = Buffer.alloc(1 << 20);
    for (const entry of readdirSync('.', { recursive: true, withFileTypes: true })) if (entry.isFile()) { const hasher = new Blake3Hasher(); const file = openSync(join(entry.parentPath, entry.name)); for (let n; (n = readSync(file, piece)) > 0; ) hasher.update(piece.subarray(0, n)); hasher.digest('hex'); closeSync(file); }`], { cwd: at });
  return (performance.now() - began) / 1000;
}

/** Runs a command of ours, as npm does, to its end; its peak is the most memory that it ever had, in MB. */
async function run(args: readonly string[]): Promise<{ seconds: number; peak: number; answer: Record<string, unknown> }> {
  const began = performance.now();
  const child = spawn('sh', ['-c', `${scripts.hubgraph} "$@"`, 'sh', ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  let [said, peak] = ['', 0];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const watch = setInterval(() => (peak = Math.max(peak, peakOf(child.pid!))), 20);
  const [code] = await once(child, 'close');
  clearInterval(watch);
  if (code !== 0) throw new Error(`hubgraph ${args.slice(0, 3).join(' ')} ended with ${code}: ${said.slice(0, 2_000)}`);
  return { seconds: (performance.now() - began) / 1000, peak, answer: said.startsWith('{') ? JSON.parse(said) as Record<string, unknown> : {} };
}

/** Peak resident memory in MB, of the product's processes of Node: gateway and hubs. */
function memoryOf(parent: number): string {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, ppid, command = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    const [, script, hub] = /([\w-]+)\.ts(?: ([a-z]+))?/.exec(command) ?? [];
    return script === undefined || ![Number(pid), Number(ppid)].includes(parent) ? [] : [`${hub ?? script} ${peakOf(Number(pid))}`];
  }).join(', ');
}

function peakOf(pid: number): number {
  try {
    return Math.round(Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024 / MB);
  } catch {
    return 0; // it has ended
  }
}

function round(number: number): number {
  return Math.round(number * 100) / 100;
}
