import { PublicError } from '@hubgraph/kit/errors';
import { fulfils, type Identity } from '@hubgraph/kit/identity';
import { createHash } from 'node:crypto';
import type { Catalogue } from './catalogue.ts';
import type { Topic } from './topics.ts';

/** What decides which events somebody may see and what the hubs answer for them, as a short text. */
export function authorisationClass(identity: Identity): string {
  return createHash('sha256').update(JSON.stringify([[...identity.roles].sort(), [...identity.scopes].sort()])).digest('base64url').slice(0, 22);
}

/**
 * The identity that the hubs are asked with for a whole class: its roles and scopes, and no member's name, so that one
 * member's answer never carries what only another may see.
 */
export function classIdentity(identity: Identity): Identity {
  return { sub: `class:${authorisationClass(identity)}`, roles: identity.roles, scopes: identity.scopes };
}

/** Which of a topic's events an identity may see. */
export interface Admission {
  /** Asked for each event, before anything is done for it. */
  admits(type: string): boolean;
}

/**
 * Decides for one subscriber.
 *
 * @throws PublicError `FORBIDDEN` when there is no event of the topic that the identity may see.
 */
export function admission(catalogue: Catalogue, topic: Topic, identity: Identity): Admission {
  const feedScopes = catalogue.feed(topic.field)?.scopes ?? [];
  const admitted = new Set<string>();
  const missing = new Set<string>();
  for (const type of topic.types) {
    // a type that the catalogue does not know has no scopes that could be checked
    const scopes = catalogue.event(type)?.scopes;
    if (scopes && fulfils(identity, scopes) && fulfils(identity, feedScopes)) admitted.add(type);
    else for (const scope of [...(scopes ?? []), ...feedScopes].flat()) if (!identity.scopes.includes(scope)) missing.add(scope);
  }
  if (admitted.size === 0) {
    const missingScopes = [...missing].sort();
    throw new PublicError('FORBIDDEN', `These events need scopes that the token lacks: ${missingScopes.join(', ')}.`, { missingScopes });
  }
  return { admits: (type) => admitted.has(type) };
}
