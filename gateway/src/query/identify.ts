import type { Identity } from '@hubgraph/kit/identity';
import type { Verifier } from '@hubgraph/kit/identity/verify';

/**
 * Who asks, from the credentials of a transport: the `Authorization` header, or the token of a socket's first message.
 *
 * @returns undefined when there are no credentials
 * @throws PublicError `UNAUTHENTICATED` when there are and they are not good
 */
export async function identify(verifier: Verifier, authorization: string | undefined): Promise<Identity | undefined> {
  return authorization === undefined || authorization === '' ? undefined : verifier.verify(authorization);
}
