import { z } from 'zod';

// The shapes of what a report may hold. None of them takes a sentence: whatever has a blank in it does not fit.

/** An id or a code of something: a service, a row, a job, a bundle. */
export const id = z.string().regex(/^[A-Za-z0-9._:/-]{1,100}$/, 'an id: 1 to 100 of A-Z a-z 0-9 . _ : / -');
/** The beginning of a key, enough to tell which key it is and too little to use it. */
export const keyPrefix = z.string().regex(/^[A-Za-z0-9._:/-]{1,12}…?$/, 'the beginning of a key: at most 12 of A-Z a-z 0-9 . _ : / -, then … or nothing');
/** A digest; bare ones are SHA-1 (of git), SHA-256 or SHA-512. */
export const hash = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128}|md5:[0-9a-f]{32}|sha1:[0-9a-f]{40}|(?:sha256|blake3):[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})$/, 'a digest in lower-case hexadecimal, with sha256: or blake3: before it or nothing');
/** The path of a request, with names of query parameters at most. */
export const route = z.string().max(200, 'a route: at most 200 characters').regex(/^(?:(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) )?\/(?:[A-Za-z0-9._~{}:*-]+\/?)*(?:\?[A-Za-z0-9._~-]+(?:&[A-Za-z0-9._~-]+)*)?$/, 'a route: a path such as /users/{id}, a method before it or not, names of query parameters without their values');
/** A word such as OK, passed, timeout; of a request, the number of its answer. */
const A_STATUS = 'a status: one word of at most 40 letters, digits, _ and -, or a number of at most three digits';
export const status = z.union([z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,39}$/, A_STATUS), z.int().min(0, A_STATUS).max(999, A_STATUS)], A_STATUS);
/** The code of a check, a step or a field. */
export const code = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$/, 'a code: at most 60 of A-Z a-z 0-9 . _ -');
export const count = z.int('a count: a whole number, 0 or more').min(0, 'a count: a whole number, 0 or more');
/** In milliseconds. */
export const duration = z.int('a duration: whole milliseconds, 0 or more').min(0, 'a duration: whole milliseconds, 0 or more');
export const flag = z.boolean('true or false');
export const time = z.iso.datetime({ offset: true, error: 'a moment: RFC 3339, such as 2026-03-02T09:30:00Z' });

/** Lists are bounded, so that no report can be a copy of the data that it is about. */
export const listOf = <Item extends z.ZodType>(item: Item, most = 200) => z.array(item, `a list of at most ${most}`).max(most, `a list of at most ${most}`);
const part = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject(shape).partial();

/** What came of one check or step. */
export const check = z.strictObject({ code, status, count: count.optional(), durationMs: duration.optional() }, 'a check: { code, status, count, durationMs }');
/** What came of requests to one route. */
export const routeResult = z.strictObject({ route, status: status.optional(), count: count.optional(), failed: count.optional(), durationMs: duration.optional(), p50Ms: duration.optional(), p95Ms: duration.optional(), p99Ms: duration.optional() }, 'a route: { route, status, count, failed, durationMs, p50Ms, p95Ms, p99Ms }');
/** Two systems compared on one route. */
export const routeComparison = z.strictObject({ route, compared: count, differing: count, statusLeft: status.optional(), statusRight: status.optional() }, 'a comparison: { route, compared, differing, statusLeft, statusRight }');
/** One set of records before and after. */
export const collection = z.strictObject({ name: id, countIn: count, countStored: count, hash: hash.optional() }, 'a collection: { name, countIn, countStored, hash }');
/** One thing with its digest. */
export const digestOf = z.strictObject({ name: id, hash }, 'a digest: { name, hash }');
/** One thing with its state. */
export const statusOf = z.strictObject({ code, status }, 'a state: { code, status }');

/** What every kind may say. */
export const common = part({
  runId: id, traceId: z.string().regex(/^[0-9a-f]{32}$/, 'a trace id: 32 hexadecimal digits'), commit: hash, startedAt: time, finishedAt: time, durationMs: duration,
  checks: listOf(check), hashes: listOf(digestOf), ids: listOf(id), keyPrefixes: listOf(keyPrefix), passed: count, failed: count, skipped: count,
});
