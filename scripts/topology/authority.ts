import { readConfig } from '@hubgraph/kit/config';
import { systemClock } from '@hubgraph/kit/clock';
import type { Verifier } from '@hubgraph/kit/identity/verify';
import { silentLog } from '@hubgraph/kit/log';
import type { Environment } from '../config.ts';

/** What decides whose tokens are believed, beside the environment; it can be sent to a process. */
export interface AuthorityWiring {
  /** Address that the gateway listens on. */
  readonly host: string;
  /** File of the development issuer's key. */
  readonly devIssuerPath: string;
}

/**
 * Checks the tokens of those who come to a hub directly, by the very settings that the gateway checks them by. Opened with
 * the first token; wrong settings are the gateway's to report, which does not start with them.
 */
export function hubVerifier({ host, devIssuerPath }: AuthorityWiring, env: Environment): Verifier {
  let opened: Promise<Verifier> | undefined;
  const open = async (): Promise<Verifier> => {
    const [{ openAuthority }, { gatewayConfig }] = await Promise.all([import('@hubgraph/gateway/identity'), import('@hubgraph/gateway/config')]);
    // that development tokens are believed is said once, by the gateway
    const authority = await openAuthority({ settings: readConfig(gatewayConfig, env), host, devIssuerPath, clock: systemClock, log: silentLog() });
    return authority.verifier;
  };
  return {
    async verify(bearer) {
      opened ??= open().catch((error: unknown) => {
        opened = undefined;
        throw error;
      });
      return (await opened).verify(bearer);
    },
  };
}
