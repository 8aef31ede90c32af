import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDevIssuer } from '@hubgraph/kit/identity/issuer';
import { until } from './until.ts';

const ROOT = join(import.meta.dirname, '../..');

/** How to start the whole product. */
export interface ProductOptions {
  readonly dataDir: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Command line in place of `node scripts/start.ts`, such as `npm start --`. */
  readonly command?: readonly [string, ...string[]];
}

/** The whole product as a person starts it: a process of its own, with servers and hubs in theirs. */
export interface Product {
  readonly pid: number;
  /** Everything it has printed. */
  output(): string;
  /** URL of the graph, once the line is there; throws with the output when it ends before. */
  ready(): Promise<string>;
  /** Sends a signal; answers the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
  /** Its end, however it comes: exit code or signal. */
  readonly exited: Promise<number | NodeJS.Signals | null>;
}

/** Starts it on a free port, without sample data unless `args` say otherwise. */
export function startProduct({ dataDir, args = [], env = {}, command = ['node', 'scripts/start.ts'] }: ProductOptions): Product {
  const [program, ...first] = command;
  const child = spawn(program, [...first, '--data-dir', dataDir, ...args], {
    cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`, HOME: tmpdir(), PORT: '0', HUBGRAPH_SAMPLE: 'none', ...env },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text));
  let ended = false;
  const exited = once(child, 'exit').then(([code, signal]) => {
    ended = true;
    return (code ?? signal) as number | NodeJS.Signals | null;
  });
  return {
    pid: child.pid ?? -1, exited,
    output: () => said,
    async ready() {
      const url = await until(`the graph on ${dataDir}`, () => ended ? 'ended' : /^The graph is ready: (\S+)$/m.exec(said)?.[1], { deadline: 120_000, every: 20 });
      if (url === 'ended') throw new Error(`the start ended:\n${said}`);
      return url;
    },
    end(signal) {
      child.kill(signal);
      return exited;
    },
  };
}

/** Ids and command lines of the processes that work on `dataDir`, besides the caller. */
export function processesOf(dataDir: string): { pid: number; command: string }[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid = '', state = '', command = ''] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return command.includes(dataDir) && !state.startsWith('Z') ? [{ pid: Number(pid), command }] : [];
  });
}

/** Waits until no process works on `dataDir`. */
export async function nothingLeft(dataDir: string): Promise<void> {
  await until(`the end of all processes of ${dataDir}`, () => processesOf(dataDir).length === 0, { deadline: 30_000, every: 50 })
    .catch((error: Error) => {
      throw new Error(`${error.message}\n${processesOf(dataDir).map(({ pid, command }) => `${pid} ${command}`).join('\n')}`);
    });
}

/** A data folder of a test; disposing it ends whatever still works on it and removes it. */
export async function freshDataDir(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'hubgraph-start-'));
  return {
    path,
    async [Symbol.asyncDispose]() {
      for (const { pid } of processesOf(path)) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // it has ended meanwhile
        }
      }
      await nothingLeft(path);
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** What a graph answers to a maintainer of this data folder. */
export async function ask<Data>(url: string, dataDir: string, query: string, variables: object = {}): Promise<{ data?: Data; errors?: { message: string; extensions?: { code?: string; hub?: string } }[] }> {
  const issuer = await openDevIssuer(join(dataDir, 'dev-issuer.json'));
  const token = await issuer.sign({ sub: 'test', roles: ['maintainer'], ttlSeconds: 600 });
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: JSON.stringify({ query, variables }) });
  return await response.json() as Awaited<ReturnType<typeof ask<Data>>>;
}
