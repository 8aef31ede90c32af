import { createHash, createHmac, pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto';
import { UsageError } from '@hubgraph/kit/errors';
import pg from 'pg';
import { exitCodes } from '../exit-codes.ts';
import { settingName } from '../hubs.ts';

/** What is wanted of PostgreSQL. */
export interface DatabaseOptions {
  /** URL of the database that all hubs share, with a login that may make schemas. */
  readonly url: string;
  /** Make that database when it is missing, by this URL of the same server; only for the embedded one. */
  readonly maintenanceUrl?: string;
  readonly hubs: readonly string[];
  /** URL of one hub's own database, when it has one. */
  ownUrl?(hub: string): string | undefined;
}

/**
 * Gives every hub its schema, and its role where the login may create roles, else the same role.
 *
 * @returns the URL that each hub connects with.
 * @throws UsageError (7) with the host, never the password, when PostgreSQL does not answer or refuses the login.
 */
export async function prepareDatabase(options: DatabaseOptions): Promise<Map<string, string>> {
  const { url, maintenanceUrl, hubs } = options;
  if (maintenanceUrl) await connected(maintenanceUrl, 'DATABASE_URL', (client) => makeDatabase(client, databaseOf(url)));
  const urls = new Map<string, string>();
  const shared: string[] = [];
  for (const hub of hubs) {
    const own = options.ownUrl?.(hub);
    if (own === undefined) {
      shared.push(hub);
      continue;
    }
    await connected(own, `${settingName(hub)}_DATABASE_URL`, (client) => client.query(`CREATE SCHEMA IF NOT EXISTS ${pg.escapeIdentifier(hub)}`));
    urls.set(hub, own);
  }
  if (shared.length === 0) return urls;
  await connected(url, 'DATABASE_URL', async (client) => {
    // several starts on one database at once would make the same roles
    await client.query(`SELECT pg_advisory_lock(hashtext('hubgraph.prepare'))`);
    for (const hub of shared) urls.set(hub, await prepareHub(client, url, hub));
  });
  return urls;
}

async function prepareHub(client: pg.Client, url: string, hub: string): Promise<string> {
  const schema = pg.escapeIdentifier(hub);
  const password = await mayCreateRoles(client) ? derivedPassword(url, hub) : undefined;
  if (password === undefined) {
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
    return url;
  }
  const name = `hub_${hub}`;
  const role = pg.escapeIdentifier(name);
  const { rowCount: known } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
  // as a verifier, so that no server log can hold the password
  await client.query(`${known ? 'ALTER' : 'CREATE'} ROLE ${role} LOGIN PASSWORD ${pg.escapeLiteral(scramVerifier(password))}`);
  const { rows: [facts] } = await client.query<{ member: boolean; owner: string | null; database: string }>(
    `SELECT pg_has_role(current_user, $1, 'SET') AS member, current_database() AS database,
            (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = $2) AS owner`, [name, hub]);
  if (!facts?.member) await client.query(`GRANT ${role} TO CURRENT_USER WITH SET TRUE, INHERIT TRUE`);
  if (facts?.owner == null) await client.query(`CREATE SCHEMA ${schema} AUTHORIZATION ${role}`);
  else if (facts.owner !== name) return url; // made earlier by a login without roles: its tables belong to that one
  return hubRoleUrl(url, hub);
}

/** The URL of a hub's own role in the database of `url`, or `url` itself when that has no password to derive one from. */
export function hubRoleUrl(url: string, hub: string): string {
  const password = derivedPassword(url, hub);
  if (password === undefined) return url;
  const own = new URL(url);
  own.username = encodeURIComponent(`hub_${hub}`);
  own.password = encodeURIComponent(password);
  return own.href;
}

async function mayCreateRoles(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ may: boolean }>('SELECT rolsuper OR rolcreaterole AS may FROM pg_roles WHERE rolname = current_user');
  return rows[0]?.may ?? false;
}

/** A hub's password follows from the one in the URL: nothing to keep, and every replica of the start agrees. */
function derivedPassword(url: string, hub: string): string | undefined {
  const { password } = new URL(url);
  return password ? scryptSync(decodeURIComponent(password), `hubgraph:${hub}`, 24).toString('base64url') : undefined;
}

/** A SCRAM-SHA-256 verifier (RFC 5803) as PostgreSQL stores it. */
function scramVerifier(password: string): string {
  const iterations = 4096;
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const mac = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(mac('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${mac('Server Key').toString('base64')}`;
}

async function makeDatabase(client: pg.Client, name: string): Promise<void> {
  const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  if (!rowCount) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
}

async function connected<Result>(url: string, setting: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, application_name: 'hubgraph start' });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    throw new UsageError(`PostgreSQL at ${placeOf(url)} (${setting}) cannot be used: ${reasonOf(error)}.`, exitCodes.databaseUnreachable.code);
  }
  try {
    return await work(client);
  } catch (error) {
    if (error instanceof pg.DatabaseError) throw new UsageError(`PostgreSQL at ${placeOf(url)} (${setting}) refused to prepare the schemas: ${error.message}.`, exitCodes.databaseUnreachable.code, { cause: error });
    throw error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function databaseOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.slice(1));
}

function placeOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port || 5432}${pathname}`;
}

function reasonOf(error: unknown): string {
  // a host with several addresses gives one error that holds the others
  const one = error instanceof AggregateError ? error.errors[0] as Error : error as Error;
  return one.message.replace(/\.$/, '');
}
