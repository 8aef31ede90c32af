import { SUPERUSER } from '../embedded/postgres.ts';

/** Name of the one database of all hubs in the embedded cluster. */
const DATABASE = 'hubgraph';

/** URLs of the embedded cluster: the hubs' database, and the one that always exists. */
export function embeddedUrls(port: number, password: string): { readonly url: string; readonly maintenanceUrl: string } {
  const base = `postgresql://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}`;
  return { url: `${base}/${DATABASE}`, maintenanceUrl: `${base}/postgres` };
}
