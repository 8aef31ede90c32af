import { parse } from 'graphql';
import { pino, type Logger } from 'pino';
import { systemClock, type Clock } from '@hubgraph/kit/clock';
import type { Hub, HubDefinition } from '@hubgraph/kit/hub';
import { identityOf, type Identity, type Role } from '@hubgraph/kit/identity';
import type { Verifier } from '@hubgraph/kit/identity/verify';
import { freshDatabase, type FreshDatabase } from './postgres.ts';

/** A hub on a database of its own, without gateway. */
export interface TestHub extends AsyncDisposable {
  readonly hub: Hub;
  readonly database: FreshDatabase;
  /** Statements that the hub read by since the last {@link TestHub.counted}. */
  counted(): string[];
  /** Runs one operation; throws when the answer has top-level errors. */
  ask<Data = Record<string, any>>(text: string, variables?: Record<string, unknown>, identity?: Identity): Promise<Data>; // eslint-disable-line @typescript-eslint/no-explicit-any -- tests read whatever they asked for
  /** Runs one mutation `verb(input)` and gives its payload; `fields` is the selection besides errors and events. */
  change<Payload = Record<string, any>>(verb: string, input: object, fields: string, identity?: Identity): Promise<Payload & ChangeErrors>; // eslint-disable-line @typescript-eslint/no-explicit-any -- as above
}

export interface ChangeErrors {
  readonly errors: { readonly __typename: string; readonly code: string; readonly message: string; readonly path: readonly string[] }[];
  readonly events: { readonly id: string; readonly type: string }[];
}

/** An identity with one role. */
export function as(role: Role, sub: string = role): Identity {
  return identityOf({ sub, roles: [role] });
}

/** What the hubs of tests sign with. */
export const TEST_KEY = 'a key of the tests';

/** Starts a hub's code on a fresh database; with `natsUrl` its relay publishes. */
export async function startTestHub(definition: HubDefinition, options: { clock?: Clock; natsUrl?: string; start?: boolean; env?: Readonly<Record<string, string>>; publicUrl?: () => string; filesDir?: string; verifier?: Verifier; log?: Logger } = {}): Promise<TestHub> {
  const database = await freshDatabase(definition.manifest.name);
  let statements: string[] = [];
  const hub = await definition.create({
    databaseUrl: database.url, natsUrl: options.natsUrl, cursorKeys: [TEST_KEY], clock: options.clock ?? systemClock, log: options.log ?? pino({ level: 'silent' }), verifier: options.verifier, env: options.env ?? {}, publicUrl: options.publicUrl, filesDir: options.filesDir, observeSql: (text) => void statements.push(text),
  });
  if (options.start) await hub.start();
  const ask: TestHub['ask'] = async (text, variables, identity = as('maintainer')) => {
    const result = await hub.execute({ document: parse(text), variables, identity });
    if (result.errors) throw new AggregateError(result.errors, result.errors.map((error) => `${error.message} ${JSON.stringify(error.extensions)}`).join('\n'));
    return result.data as never;
  };
  return {
    hub,
    database,
    ask,
    counted() {
      const seen = statements;
      statements = [];
      return seen;
    },
    async change(verb, input, fields, identity) {
      const type = `${verb[0]?.toUpperCase()}${verb.slice(1)}Input`;
      const data = await ask(`mutation ($input: ${type}!) { answer: ${verb}(input: $input) { ${fields} errors { __typename code message path } events { id type } } }`, { input }, identity);
      return data.answer;
    },
    async [Symbol.asyncDispose]() {
      await hub.stop();
      await database.drop();
    },
  };
}
