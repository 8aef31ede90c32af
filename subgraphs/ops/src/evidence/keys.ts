import { z } from 'zod';
import type { FieldProblem } from './report.ts';
import { hash } from './fields.ts';
import { secretIn } from './secret.ts';

/** Printable and without a blank or a quote. */
const KEY = /^[!#-&(-;=?-_a-~]+$/;
const key = (most: number) => z.string().max(most).regex(KEY);
/** Slugs have letters of any script. */
const slug = z.string().regex(/^[\p{Ll}\p{Lo}\p{M}\p{N}-]{1,100}$/u);

/** The keys of evidence beside its report; what they name is looked up elsewhere. */
const KEYS = {
  service: { shape: slug, wanted: 'the slug of a service' },
  workstream: { shape: z.string().max(100).regex(/^[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*-WP-\d+$/), wanted: 'the code of a workstream, such as CUST-WP-0025' },
  migrationRun: { shape: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/), wanted: 'the code of a migration run: at most 100 of A-Z a-z 0-9 . _ -' },
  domain: { shape: slug, wanted: 'the slug of a domain' },
  releaseDigest: { shape: hash, wanted: 'the digest of a release: sha256:<hex>, blake3:<hex> or the hash of a commit' },
  source: { shape: key(200), wanted: '1 to 200 printable characters without blanks and quotes, such as ci/smoke' },
  sourceKey: { shape: key(200), wanted: '1 to 200 printable characters without blanks and quotes, such as run-1842/step-3' },
} as const;
type Keys = { readonly [Name in keyof typeof KEYS]?: string | null };

/** What is wrong with the keys of one entry; those that are not given are not looked at. Never says a value. */
export function keyProblems(entry: Keys): FieldProblem[] {
  return Object.entries(KEYS).flatMap(([name, { shape, wanted }]) => {
    const value = entry[name as keyof Keys];
    if (value == null) return [];
    if (!shape.safeParse(value).success) return [{ path: [name], message: `This must be ${wanted}.` }];
    const kind = secretIn(value);
    return kind === null ? [] : [{ path: [name], message: `This looks like a secret (${kind}); evidence holds none.` }];
  });
}
