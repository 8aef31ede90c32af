import { createHash } from 'node:crypto';
import type { Clock } from './clock.ts';
import type { EventCatalogue, EventData, EventType } from './events.ts';
import { PublicError } from './errors.ts';
import { fulfils, type Identity, type Scope } from './identity.ts';
import { newId } from './ids.ts';
import { recordEvents, type EventEntry, type RecordedEvent } from './outbox.ts';
import { invalidField, Refused, type MutationErrorData } from './refusal.ts';
import type { Sql, Transactor, Tx } from './sql.ts';
import { badTexts } from './text.ts';

/** What every mutation input carries besides what its verb needs. */
export interface ChangeInput {
  readonly expectedVersion?: number | null;
  readonly idempotencyKey?: string | null;
  readonly dryRun?: boolean | null;
}

/** Who changes something, and in which trace. */
export interface Caller {
  readonly identity: Identity;
  readonly traceparent?: string;
}

/** One line of an entity's history. */
export interface Transition {
  readonly noun: string;
  readonly entityId: string;
  readonly verb: string;
  /** Null when the entity was made. */
  readonly from: string | null;
  readonly to: string;
  readonly note?: string | null;
  readonly evidence?: readonly string[];
}

/** An event as a command records it: the rest of the envelope comes from the caller, the clock and the catalogue. */
export interface Fact<Data> {
  /** CloudEvents `subject`, such as `workstream/<id>`; the events of one subject keep their order. */
  readonly subject: string;
  readonly domain?: string | null;
  readonly data: Data;
}

/** What a command has in hand while its transaction is open. */
export interface Work<Types extends Readonly<Record<string, EventType>>> {
  readonly tx: Tx;
  readonly caller: Identity;
  readonly now: Date;
  /**
   * Notes an event; the rows are written, in this order, just before the commit. That is after every row lock of the
   * command, which is what keeps the events of one entity in the order of its changes (Helland's outbox rule: lock first,
   * then take the outbox id).
   */
  record<Name extends keyof Types & string>(name: Name, fact: Fact<EventData<Types, Name>>): void;
  /** Notes a line of history, written before the commit too. */
  note(transition: Transition): void;
}

/** What came of a change. */
export interface ChangeAnswer<Result> {
  /** Null when refused. */
  readonly result: Result | null;
  readonly errors: readonly MutationErrorData[];
  readonly events: readonly RecordedEvent[];
  /** Whether it is the kept answer of an earlier call with the same idempotency key. */
  readonly replayed: boolean;
}

/** How one verb is called: its name, who may, and the whole input as the client sent it. */
export interface Verb {
  readonly name: string;
  readonly scopes: readonly (readonly Scope[])[];
  readonly input: ChangeInput;
}

/** Runs commands. One per hub. */
export interface Changes<Types extends Readonly<Record<string, EventType>>> {
  /**
   * Runs `command` in one transaction with its history and outbox rows. A returned {@link Refused} rolls everything back.
   * With `idempotencyKey`, the same actor's same key and input within 24 h gets the first answer again; a refusal is not
   * kept, because nothing was done. With `dryRun` everything happens, constraints included, and is rolled back.
   *
   * @throws PublicError `FORBIDDEN` when the caller lacks the scopes, and whatever the command throws; nothing was written.
   */
  run<Result extends object>(caller: Caller, verb: Verb, command: (work: Work<Types>) => Promise<Result | Refused>): Promise<ChangeAnswer<Result>>;
}

const KEPT_HOURS = 24;
const MAX_KEY_LENGTH = 255;

/** Thrown inside the transaction to roll it back with an answer in hand. */
class RolledBack<Result> extends Error {
  readonly answer: ChangeAnswer<Result>;
  constructor(answer: ChangeAnswer<Result>) {
    super('rolled back on purpose');
    this.answer = answer;
  }
}

/** Wires the mutation contract to one hub's store, events and clock. `committed` wakes the relay. */
export function createChanges<const Types extends Readonly<Record<string, EventType>>>(deps: { transactor: Transactor; catalogue: EventCatalogue<Types>; clock: Clock; committed: () => void }): Changes<Types> {
  return {
    async run(caller, verb, command) {
      requireScopes(caller.identity, verb.scopes);
      const bad = badTexts(verb.input);
      if (bad.length > 0) return refusal(new Refused(bad.map((problem) => invalidField(problem.path, problem.message))));
      const key = verb.input.dryRun ? null : (verb.input.idempotencyKey ?? null);
      if (key !== null && (key === '' || key.length > MAX_KEY_LENGTH)) return refusal(badKey());
      try {
        const answer = await deps.transactor.transaction(async (tx) => {
          const now = deps.clock.now();
          const kept = key === null ? null : await claimKey(tx, { key, actor: caller.identity.sub, verb: verb.name, input: verb.input, now });
          if (kept !== null) return kept as ChangeAnswer<never>;
          const facts: EventEntry[] = [];
          const history: Transition[] = [];
          const result = await command({
            tx,
            caller: caller.identity,
            now,
            record: (name, fact) => void facts.push({ name, ...fact, domain: fact.domain ?? undefined, actor: caller.identity.sub, traceparent: caller.traceparent, time: now, data: fact.data as Record<string, unknown> }),
            note: (transition) => void history.push(transition),
          });
          if (result instanceof Refused) throw new RolledBack(refusal(result));
          await writeHistory(tx, history, caller.identity.sub, now);
          const events = await recordEvents(tx, deps.catalogue, facts);
          const done = { result, errors: [], events, replayed: false };
          if (verb.input.dryRun) throw new RolledBack({ ...done, events: [] });
          if (key !== null) await keepAnswer(tx, key, caller.identity.sub, done);
          return done;
        });
        deps.committed();
        return answer;
      } catch (error) {
        if (error instanceof RolledBack) return error.answer;
        throw error;
      }
    },
  };
}

/** Forgets idempotency keys older than 24 h; returns how many. Safe at any time. */
export async function forgetKeys(sql: Sql, now: Date): Promise<number> {
  const rows = await sql.query(`DELETE FROM "idempotency" WHERE "at" < $1 RETURNING 1`, [oldest(now)]);
  return rows.length;
}

/** @throws PublicError `FORBIDDEN` naming the scopes of the alternative that lacks least. */
export function requireScopes(identity: Identity, required: readonly (readonly string[])[]): void {
  if (fulfils(identity, required)) return;
  const missing = required.map((all) => all.filter((scope) => !identity.scopes.includes(scope))).sort((a, b) => a.length - b.length)[0] ?? [];
  throw new PublicError('FORBIDDEN', `This needs the scope ${missing.join(' and ')}.`, { missingScopes: missing });
}

function refusal(refused: Refused): ChangeAnswer<never> {
  return { result: null, errors: refused.errors, events: [], replayed: false };
}

function badKey(): Refused {
  return new Refused([{ type: 'InvalidInput', code: 'INVALID_INPUT', message: `An idempotency key has 1 to ${MAX_KEY_LENGTH} characters.`, path: ['input', 'idempotencyKey'] }]);
}

function oldest(now: Date): Date {
  return new Date(now.getTime() - KEPT_HOURS * 3_600_000);
}

/** Takes the key for this transaction, waiting for another that holds it. Null: go on; otherwise the answer to give. */
async function claimKey(tx: Tx, claim: { key: string; actor: string; verb: string; input: ChangeInput; now: Date }): Promise<ChangeAnswer<object> | null> {
  const inputHash = hashOf(claim.verb, claim.input);
  await tx.query(`DELETE FROM "idempotency" WHERE "actor" = $1 AND "key" = $2 AND "at" < $3`, [claim.actor, claim.key, oldest(claim.now)]);
  const claimed = await tx.query(
    `INSERT INTO "idempotency" ("key", "actor", "verb", "inputHash", "answer", "at") VALUES ($1, $2, $3, $4, 'null'::jsonb, $5) ON CONFLICT DO NOTHING RETURNING 1`,
    [claim.key, claim.actor, claim.verb, inputHash, claim.now],
  );
  if (claimed.length > 0) return null;
  const [kept] = await tx.query<{ inputHash: string; answer: unknown }>(`SELECT "inputHash", "answer" FROM "idempotency" WHERE "actor" = $1 AND "key" = $2`, [claim.actor, claim.key]);
  // Gone between the two statements: its transaction expired it just now, so nothing holds it any more.
  if (kept === undefined) return claimKey(tx, claim);
  if (kept.inputHash !== inputHash) {
    return refusal(new Refused([{ type: 'IdempotencyConflict', code: 'IDEMPOTENCY_CONFLICT', message: 'This idempotency key was used for another input.', path: ['input', 'idempotencyKey'] }]));
  }
  return { ...(revive(kept.answer) as ChangeAnswer<object>), replayed: true };
}

async function keepAnswer(tx: Tx, key: string, actor: string, answer: ChangeAnswer<object>): Promise<void> {
  await tx.query(`UPDATE "idempotency" SET "answer" = $3::jsonb WHERE "actor" = $1 AND "key" = $2`, [actor, key, JSON.stringify(freeze(answer))]);
}

async function writeHistory(tx: Tx, history: readonly Transition[], actor: string, now: Date): Promise<void> {
  if (history.length === 0) return;
  const rows = history.map((line) => ({ id: newId(), noun: line.noun, entityId: line.entityId, verb: line.verb, from: line.from, to: line.to, note: line.note ?? null, evidence: line.evidence ?? [] }));
  await tx.query(
    `INSERT INTO "transition" ("id", "noun", "entityId", "at", "actor", "verb", "from", "to", "note", "evidence")
     SELECT "id", "noun", "entityId", $2::timestamptz, $3, "verb", "from", "to", "note", "evidence"
     FROM jsonb_to_recordset($1::jsonb) AS r("id" uuid, "noun" text, "entityId" uuid, "verb" text, "from" text, "to" text, "note" text, "evidence" jsonb)`,
    [JSON.stringify(rows), now, actor],
  );
}

function hashOf(verb: string, input: ChangeInput): string {
  const { idempotencyKey: _key, dryRun: _dryRun, ...rest } = input;
  return createHash('sha256').update(verb).update('\n').update(canonical(rest)).digest('base64url');
}

/** JSON with sorted keys, so that the order in which a client writes its variables does not matter. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part) && !(part instanceof Date) ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1))) : part,
  );
}

/** A kept answer must come back with its dates as dates, because resolvers expect the model's types. */
function freeze(value: unknown): unknown {
  if (value instanceof Date) return { $date: value.toISOString() };
  if (typeof value === 'bigint') return { $bigint: value.toString() };
  if (Array.isArray(value)) return value.map(freeze);
  if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([name, part]) => [name.startsWith('$') ? `$${name}` : name, freeze(part)]));
  return value;
}

function revive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revive);
  if (value === null || typeof value !== 'object') return value;
  if ('$date' in value && typeof value.$date === 'string') return new Date(value.$date);
  if ('$bigint' in value && typeof value.$bigint === 'string') return BigInt(value.$bigint);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name.startsWith('$$') ? name.slice(1) : name, revive(part)]));
}
