import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/**
 * Writes the Prisma client of every hub (`prisma/<hub>/generated`, not committed) and returns the hubs that were stale.
 * A hub whose schema and Prisma version have not changed since is left alone, so that every start may call this.
 *
 * @throws Error with Prisma's own message when a schema is wrong.
 */
export async function generateClients(options: { readonly root?: string; readonly force?: boolean } = {}): Promise<string[]> {
  const root = options.root ?? ROOT;
  const prisma = prismaPackage();
  const folders = readdirSync(join(root, 'prisma'), { withFileTypes: true });
  const hubs = folders.filter((entry) => entry.isDirectory() && existsSync(join(root, 'prisma', entry.name, 'schema.prisma'))).map((entry) => entry.name);
  const written = await Promise.all(hubs.map(async (hub) => {
    const schema = join(root, 'prisma', hub, 'schema.prisma');
    const stamp = join(root, 'prisma', hub, 'generated', '.stamp');
    const wanted = createHash('sha256').update(prisma.version).update('\n').update(readFileSync(schema)).digest('hex');
    if (!options.force && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return undefined;
    await generate(prisma, schema, root);
    writeFileSync(stamp, wanted);
    return hub;
  }));
  return written.filter((hub) => hub !== undefined);
}

interface PrismaPackage {
  readonly version: string;
  readonly bin: string;
}

function prismaPackage(): PrismaPackage {
  const path = createRequire(import.meta.url).resolve('prisma/package.json');
  const { version, bin } = JSON.parse(readFileSync(path, 'utf8')) as { version: string; bin: { prisma: string } };
  return { version, bin: join(dirname(path), bin.prisma) };
}

function generate(prisma: PrismaPackage, schema: string, root: string): Promise<void> {
  // Prisma wants to download its schema engine before it generates, though it does not run it:
  // any file that exists satisfies it, and the machine may have no internet.
  const env = { PATH: dirname(process.execPath), PRISMA_SCHEMA_ENGINE_BINARY: schema, CHECKPOINT_DISABLE: '1', PRISMA_HIDE_UPDATE_MESSAGE: '1' };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [prisma.bin, 'generate', '--schema', schema], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stdout.on('data', (chunk) => (said += chunk));
    child.stderr.on('data', (chunk) => (said += chunk));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`prisma generate failed for ${schema}:\n${said.trim()}`))));
  });
}

if (import.meta.main) {
  const written = await generateClients({ force: process.argv.includes('--force') });
  console.log(written.length > 0 ? `Prisma clients written: ${written.join(', ')}.` : 'Prisma clients are up to date.');
}
