import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openDevIssuer } from '@hubgraph/kit/identity/issuer';
import type { Role } from '@hubgraph/kit/identity';
import { freshDataDir, startProduct, type Product } from './product.ts';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);

/** What a command of the project answered. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The whole product on the sample organisation, as a newcomer has it after `npm start`. */
export interface SampleGraph extends AsyncDisposable {
  readonly url: string;
  readonly dataDir: string;
  readonly product: Product;
  token(role: Role, sub?: string): Promise<string>;
  /** Sends one operation; without a role nobody asks. */
  post(query: string, variables?: object, role?: Role, sub?: string): Promise<{ readonly status: number; readonly body: any }>; // eslint-disable-line @typescript-eslint/no-explicit-any -- tests read whatever they asked for
  /** Runs `hubgraph` with a token of the role. */
  hubgraph(role: Role, ...args: string[]): Promise<Ran>;
}

/** An operation that the project ships, by the name of its file. */
export function operation(name: string): string {
  return readFileSync(join(ROOT, `schema/operations/${name}.graphql`), 'utf8');
}

/** Starts it in a folder of its own, with `settings` besides; disposing ends it and removes the folder. */
export async function startSampleGraph(topology: 'single' | 'processes', settings: Readonly<Record<string, string>> = {}): Promise<SampleGraph> {
  const dir = await freshDataDir();
  const product = startProduct({ dataDir: dir.path, args: ['--topology', topology], env: { HUBGRAPH_SAMPLE: 'yes', ...settings } });
  const url = await product.ready();
  const token = async (role: Role, sub: string = role) => (await openDevIssuer(join(dir.path, 'dev-issuer.json'))).sign({ sub, roles: [role], ttlSeconds: 600 });
  return {
    url, product, token,
    dataDir: dir.path,
    async post(query, variables = {}, role, sub) {
      const bearer = role && { authorization: `Bearer ${await token(role, sub)}` };
      const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...bearer }, body: JSON.stringify({ query, variables }) });
      return { status: response.status, body: await response.json() };
    },
    async hubgraph(role, ...args) {
      const env = { PATH: process.env.PATH, HUBGRAPH_DATA_DIR: dir.path, HUBGRAPH_ENDPOINT: url, HUBGRAPH_TOKEN: await token(role) };
      return run(process.execPath, [join(ROOT, 'scripts/hubgraph.ts'), ...args], { env }).then(({ stdout, stderr }) => ({ code: 0, stdout, stderr }), (error: Ran) => error);
    },
    async [Symbol.asyncDispose]() {
      await product.end('SIGTERM');
      await dir[Symbol.asyncDispose]();
    },
  };
}
