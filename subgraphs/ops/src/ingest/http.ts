import type { Clock } from '@hubgraph/kit/clock';
import type { HubHttp } from '@hubgraph/kit/hub';
import type { Verifier } from '@hubgraph/kit/identity/verify';
import type { Sql } from '@hubgraph/kit/sql';
import type { Logger } from 'pino';
import type { OpsChanges } from '../commands/common.ts';

/** What taking in over HTTP needs. */
export interface IngestOptions {
  readonly sql: Sql;
  readonly changes: OpsChanges;
  /** Undefined: nobody's token is believed, so nobody gets in. */
  readonly verifier?: Verifier;
  readonly clock: Clock;
  readonly log: Logger;
  /** In bytes. */
  readonly largestBody: number;
}

/** Events and webhooks of others, over HTTP. */
export function ingestHttp(_options: IngestOptions): HubHttp {
  return {
    prefixes: ['/events', '/webhooks/'],
    async handle(_request, response) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"code":"NOT_FOUND","message":"There is nothing here."}');
    },
  };
}
