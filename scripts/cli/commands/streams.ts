import { UsageError } from '@hubgraph/kit/errors';
import type { HubManifest } from '@hubgraph/kit/hub';
import type { Command } from 'commander';
import { exitCodes } from '../../exit-codes.ts';
import { loadHubs } from '../../hubs.ts';
import { hubDatabaseUrl } from '../../topology/hub-database.ts';
import { runningNatsUrl } from '../../topology/nats-url.ts';
import { table } from '../table.ts';

interface Options {
  readonly hub?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
}

/** Outbox and stream of one hub side by side. */
interface StreamStatus {
  readonly hub: string;
  readonly stream: string;
  readonly epoch: string;
  /** Positions given in the outbox. */
  readonly last: number;
  /** Sequences that the stream holds; null when it does not exist. */
  readonly first: number | null;
  readonly streamLast: number | null;
  readonly sameEpoch: boolean | null;
}

/** `streams`: the event streams beside the outboxes that they are filled from. */
export function register(program: Command): void {
  const streams = program.command('streams').description('look at the event streams, and begin one anew after a restored backup');
  streams.command('status')
    .description('outbox and stream of every hub side by side')
    .option('--hub <name>', 'only this hub; all hubs when left out')
    .option('--json', 'print JSON')
    .action(async (options: Options) => {
      const found: StreamStatus[] = [];
      for (const manifest of await chosen(options)) found.push(await withHub(manifest, statusOf));
      if (options.json) return console.log(JSON.stringify(found));
      console.log(table(['Hub', 'Stream', 'Outbox', 'Stream from', 'to', 'Epoch'], found.map((line) => [line.hub, line.stream, line.last, line.first ?? '-', line.streamLast ?? '-', line.sameEpoch === false ? `${line.epoch} (the stream has another)` : line.epoch])));
    });
  streams.command('new-epoch')
    .description('begin a hub\'s stream anew from its outbox, when the relay stopped because the database is older than the stream; every cursor given out before is refused from then on')
    .requiredOption('--hub <name>', 'the hub')
    .option('--yes', 'really')
    .option('--json', 'print JSON')
    .action(async (options: Options) => {
      if (!options.yes) throw new UsageError('Subscribers cannot resume across this; say --yes when the database is right and the stream is not.');
      const [manifest] = await chosen(options);
      const epoch = await withHub(manifest!, async ({ sql, connection }, hub) => {
        const { newEpoch } = await import('@hubgraph/kit/relay/stream');
        return newEpoch(sql, connection, hub);
      });
      console.log(options.json ? JSON.stringify({ hub: manifest!.name, epoch }) : `${manifest!.stream} begins anew with epoch ${epoch}; the relay fills it when it runs.`);
    });
}

async function chosen(options: Options): Promise<HubManifest[]> {
  const manifests = (await loadHubs()).map((definition) => definition.manifest);
  if (options.hub === undefined) return manifests;
  const one = manifests.filter((manifest) => manifest.name === options.hub);
  if (one.length === 0) throw new UsageError(`There is no hub ${options.hub}; there are ${manifests.map((manifest) => manifest.name).join(', ')}.`);
  return one;
}

type Doors = { readonly sql: import('@hubgraph/kit/sql').Sql; readonly connection: import('@nats-io/transport-node').NatsConnection };

async function withHub<Result>(manifest: HubManifest, work: (doors: Doors, manifest: HubManifest) => Promise<Result>): Promise<Result> {
  const [databaseUrl, natsUrl] = [hubDatabaseUrl(manifest.name), runningNatsUrl()];
  if (databaseUrl === undefined || natsUrl === undefined) throw new UsageError('Where are PostgreSQL and NATS? Start the graph, or set DATABASE_URL and NATS_URL.');
  const [{ openSession }, { connect }] = await Promise.all([import('@hubgraph/kit/relay/session'), import('@nats-io/transport-node')]);
  const { username, password, host } = new URL(natsUrl);
  const connection = await connect({ servers: host, user: decodeURIComponent(username) || undefined, pass: decodeURIComponent(password) || undefined, timeout: 3_000, reconnect: false }).catch((error: unknown) => {
    throw new UsageError(`NATS at ${host} does not answer: ${(error as Error).message}.`, exitCodes.natsUnreachable.code, { cause: error });
  });
  try {
    const sql = await openSession(databaseUrl, manifest.name).catch((error: unknown) => {
      throw new UsageError(`PostgreSQL does not answer: ${(error as Error).message}.`, exitCodes.databaseUnreachable.code, { cause: error });
    });
    try {
      return await work({ sql, connection }, manifest);
    } finally {
      await sql.close();
    }
  } finally {
    await connection.close();
  }
}

async function statusOf({ sql, connection }: Doors, manifest: HubManifest): Promise<StreamStatus> {
  const [{ managerOf, isStreamMissing }, { EPOCH_KEY }] = await Promise.all([import('@hubgraph/kit/bus/jetstream'), import('@hubgraph/kit/bus/message')]);
  const [state] = await sql.query<{ epoch: string; last: string }>('SELECT "epoch", "last" FROM "outboxState"');
  const info = await (await managerOf(connection)).streams.info(manifest.stream).catch((error: unknown) => {
    if (isStreamMissing(error)) return undefined;
    throw error;
  });
  const epoch = state?.epoch ?? '';
  return { hub: manifest.name, stream: manifest.stream, epoch, last: Number(state?.last ?? 0), first: info?.state.first_seq ?? null, streamLast: info?.state.last_seq ?? null, sameEpoch: info ? info.config.metadata?.[EPOCH_KEY] === epoch : null };
}
