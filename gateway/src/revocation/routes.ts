import { PublicError } from '@hubgraph/kit/errors';
import { fulfils, type Identity } from '@hubgraph/kit/identity';
import { LONGEST_REVOCATION, REVOCATION_KINDS } from '@hubgraph/kit/identity/revocations';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { errorBody } from '../http/app.ts';
import { authorizationOf } from '../http/authorization.ts';
import type { LogoutVerifier } from './logout.ts';
import type { Revocations } from './revocations.ts';

export interface RevocationRoutes {
  readonly revocations: Revocations;
  /** The stage `identify` for the value of an `Authorization` header. */
  identify(authorization: string | undefined): Promise<Identity | undefined>;
  /** Without an issuer that could send any, there is no back-channel logout. */
  readonly logout?: LogoutVerifier;
}

/** What a caller must hold to revoke. */
const REVOKE = [['identities:revoke']] as const;

const named = { kind: z.enum(REVOCATION_KINDS), name: z.string().min(1).max(256) };
const revokeShape = z.strictObject({
  ...named,
  before: z.iso.datetime({ offset: true }).transform((text) => Math.floor(Date.parse(text) / 1_000)).optional(),
  seconds: z.int().min(1).max(LONGEST_REVOCATION).optional(),
  reason: z.string().min(1).max(256).optional(),
}).refine(({ kind, before }) => before === undefined || kind === 'subject', 'before is for subjects only');
const liftShape = z.strictObject(named);

/** Serves `/revocations` to operators, and `/backchannel-logout` to the issuer. */
export function mountRevocations(app: FastifyInstance, { revocations, identify, logout }: RevocationRoutes): void {
  /** Answers who asks, or answers them and undefined. */
  const admitted = async (request: FastifyRequest, reply: FastifyReply): Promise<Identity | undefined> => {
    const identity = await identify(authorizationOf(request)).catch((error: unknown) => {
      if (error instanceof PublicError) return undefined;
      throw error;
    });
    if (!identity) void reply.code(401).header('www-authenticate', 'Bearer realm="hubgraph"').send(errorBody('UNAUTHENTICATED', 'A valid bearer token is needed.'));
    else if (!fulfils(identity, REVOKE)) void reply.code(403).send(errorBody('FORBIDDEN', 'This needs the scope identities:revoke.', { missingScopes: REVOKE[0] }));
    else return identity;
    return undefined;
  };
  /** What the body says, or answers what is wrong with it and undefined. */
  const read = <Shape extends z.ZodType>(shape: Shape, request: FastifyRequest, reply: FastifyReply): z.output<Shape> | undefined => {
    const parsed = shape.safeParse(jsonOf(request.body));
    if (parsed.success) return parsed.data;
    void reply.code(400).send(errorBody('BAD_USER_INPUT', z.prettifyError(parsed.error).slice(0, 500)));
    return undefined;
  };
  /** Runs `work`; what it is refused with is the answer. */
  const answered = async (reply: FastifyReply, work: () => Promise<object>): Promise<FastifyReply> => {
    try {
      return reply.header('cache-control', 'no-store').send(await work());
    } catch (error) {
      if (!(error instanceof PublicError)) throw error;
      return reply.code(503).send(errorBody(error.code, error.message, error.facts));
    }
  };

  app.get('/revocations', async (request, reply) => {
    if (!(await admitted(request, reply))) return reply;
    return answered(reply, async () => ({ revocations: revocations.all() }));
  });
  app.post('/revocations', async (request, reply) => {
    const identity = await admitted(request, reply);
    const wanted = identity && read(revokeShape, request, reply);
    if (!identity || !wanted) return reply;
    return answered(reply, async () => ({ revocation: await revocations.revoke({ ...wanted, by: identity.sub }) }));
  });
  app.post('/revocations/lift', async (request, reply) => {
    const identity = await admitted(request, reply);
    const wanted = identity && read(liftShape, request, reply);
    if (!identity || !wanted) return reply;
    return answered(reply, async () => ({ lifted: await revocations.lift({ ...wanted, by: identity.sub }) }));
  });
  if (logout) mountLogout(app, revocations, logout);
}

/** OpenID Connect Back-Channel Logout 1.0, section 2.5 to 2.8. */
function mountLogout(app: FastifyInstance, revocations: Revocations, logout: LogoutVerifier): void {
  app.post('/backchannel-logout', async (request, reply) => {
    reply.header('cache-control', 'no-store');
    const isForm = /^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers['content-type'] ?? '');
    const token = isForm && typeof request.body === 'string' ? new URLSearchParams(request.body).getAll('logout_token') : [];
    const refused = (description: string) => reply.code(400).send({ error: 'invalid_request', error_description: description });
    if (token.length !== 1) return refused('Send one logout_token as a form.');
    const found = await logout(token[0] as string).catch((error: unknown) => {
      request.log.debug({ err: error }, 'a logout token was refused');
      return undefined;
    });
    if (!found) return refused('The logout token is not valid.');
    try {
      for (const revoke of found) await revocations.revoke(revoke);
    } catch (error) {
      if (!(error instanceof PublicError)) throw error;
      // the issuer tries again
      return reply.code(503).header('retry-after', '5').send({ error: 'temporarily_unavailable', error_description: error.message });
    }
    return reply.code(200).send();
  });
}

function jsonOf(body: unknown): unknown {
  try {
    return JSON.parse(String(body));
  } catch {
    return undefined;
  }
}
