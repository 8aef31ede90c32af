/** The roles of an organisation, as tokens carry them in their `roles` claim. */
export const ROLES = ['viewer', 'author', 'maintainer', 'operator', 'allocator', 'steward', 'system'] as const;
export type Role = (typeof ROLES)[number];

/** Everything a token can allow. */
export const SCOPES = [
  'hub:read', 'governance:write', 'governance:close', 'contributions:write', 'sbom:ingest', 'licences:conclude',
  'artifacts:write', 'retention:manage', 'holds:release', 'ops:write', 'gates:pass', 'gates:waive',
  'finance:read', 'finance:write', 'periods:reopen', 'identities:revoke',
] as const;
export type Scope = (typeof SCOPES)[number];

const AUTHOR: readonly Scope[] = ['hub:read', 'governance:write', 'contributions:write', 'sbom:ingest', 'artifacts:write', 'ops:write'];

/** What each role may do. The one table: the development issuer, the gateway and the hubs all read it. */
export const SCOPES_OF_ROLE: Readonly<Record<Role, readonly Scope[]>> = {
  viewer: ['hub:read'],
  author: AUTHOR,
  maintainer: [...AUTHOR, 'governance:close', 'gates:pass', 'retention:manage', 'licences:conclude'],
  operator: ['hub:read', 'ops:write', 'gates:pass', 'artifacts:write', 'sbom:ingest', 'retention:manage'],
  allocator: ['hub:read', 'finance:read', 'finance:write'],
  steward: ['hub:read', 'finance:read', 'governance:close', 'licences:conclude', 'holds:release', 'gates:waive', 'periods:reopen'],
  system: SCOPES,
};

/** Who is asking, as a verified token says. The same shape in gateway and hubs. */
export interface Identity {
  /** The token's `sub`: a person, an agent or a service. */
  readonly sub: string;
  readonly roles: readonly Role[];
  /** Scopes of the token itself and of its roles, without doubles, sorted. */
  readonly scopes: readonly string[];
  readonly clientId?: string;
  /** RFC 8693 `act`: who acts for `sub`. */
  readonly actor?: string;
  /** Seconds since the epoch when the token ends. */
  readonly expiresAt?: number;
  /** Seconds since the epoch when the token was issued: `iat`. */
  readonly issuedAt?: number;
  /** The token's own id: `jti`. */
  readonly tokenId?: string;
  /** The login that the token came from: `sid`, where the issuer has sessions. */
  readonly session?: string;
}

/** Makes an identity from token facts: unknown roles are dropped, scopes are the union of the token's and the roles'. */
export function identityOf(facts: Partial<Omit<Identity, 'sub' | 'roles' | 'scopes'>> & { readonly sub: string; readonly roles?: readonly string[]; readonly scopes?: readonly string[] }): Identity {
  const roles = ROLES.filter((role) => facts.roles?.includes(role));
  const scopes = new Set<string>(facts.scopes ?? []);
  for (const role of roles) for (const scope of SCOPES_OF_ROLE[role]) scopes.add(scope);
  const { sub, clientId, actor, expiresAt, issuedAt, tokenId, session } = facts;
  return { sub, roles, scopes: [...scopes].sort(), clientId, actor, expiresAt, issuedAt, tokenId, session };
}

/** The hub itself: scheduled work, imports of past states, source feeds. */
export function systemIdentity(name: string): Identity {
  return identityOf({ sub: `system:${name}`, roles: ['system'] });
}

/**
 * Whether `identity` fulfils a `@requiresScopes` argument: an OR of ANDs, as Apollo Federation defines it.
 * An empty list asks for nothing but an identity.
 */
export function fulfils(identity: Identity, required: readonly (readonly string[])[]): boolean {
  return required.length === 0 || required.some((all) => all.every((scope) => identity.scopes.includes(scope)));
}
