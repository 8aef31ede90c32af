import type { Clock } from '@hubgraph/kit/clock';
import { UsageError } from '@hubgraph/kit/errors';
import { openDevIssuer, type DevIssuer } from '@hubgraph/kit/identity/issuer';
import { createVerifier, type Verifier } from '@hubgraph/kit/identity/verify';
import { createLogoutVerifier, type LogoutVerifier } from './revocation/logout.ts';
import type { Logger } from 'pino';

export interface AuthorityOptions {
  readonly settings: { readonly HUBGRAPH_AUTH?: 'oidc' | 'development'; readonly HUBGRAPH_OIDC_ISSUER?: string; readonly HUBGRAPH_OIDC_JWKS_URL?: string; readonly HUBGRAPH_OIDC_LOGOUT_AUDIENCE?: readonly string[] };
  /** Address that the gateway listens on. */
  readonly host: string;
  readonly devIssuerPath: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Whose tokens are believed. */
export interface Authority {
  readonly verifier: Verifier;
  /** Reads what the issuer says of logouts. */
  readonly logout: LogoutVerifier;
  /** Only where development tokens are believed. */
  readonly issuer?: DevIssuer;
}

/**
 * Decides whose tokens are believed: those of a configured issuer, or on the loopback, where none is configured, those
 * that this installation issues itself.
 *
 * @throws UsageError when the settings leave no safe answer
 */
export async function openAuthority({ settings, host, devIssuerPath, clock, log }: AuthorityOptions): Promise<Authority> {
  const { HUBGRAPH_OIDC_ISSUER: issuer, HUBGRAPH_OIDC_JWKS_URL: jwksUrl, HUBGRAPH_OIDC_LOGOUT_AUDIENCE: audiences, HUBGRAPH_AUTH: auth = issuer ? 'oidc' : 'development' } = settings;
  if (auth === 'oidc') {
    if (!issuer) throw new UsageError('HUBGRAPH_AUTH=oidc needs HUBGRAPH_OIDC_ISSUER.');
    return { verifier: createVerifier({ issuer, jwksUrl, clock }), logout: createLogoutVerifier({ issuer, jwksUrl, audiences, clock }) };
  }
  if (issuer) throw new UsageError('HUBGRAPH_AUTH=development and HUBGRAPH_OIDC_ISSUER exclude each other: an installation with an issuer takes no development tokens.');
  if (!isLoopback(host)) throw new UsageError(`Development tokens are for the loopback only, and HOST is ${host}: set HUBGRAPH_OIDC_ISSUER.`);
  const devIssuer = await openDevIssuer(devIssuerPath, clock);
  log.warn({ issuer: devIssuer.issuer }, 'DEVELOPMENT TOKENS ARE ACCEPTED: anyone who can read the data folder can be anyone; set HUBGRAPH_OIDC_ISSUER for real use');
  const trusted = { issuer: devIssuer.issuer, jwks: devIssuer.jwks, clock };
  return { issuer: devIssuer, verifier: createVerifier(trusted), logout: createLogoutVerifier({ ...trusted, audiences }) };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
