import { parseDocument, visit } from 'yaml';
import { z } from 'zod';
import { licenceClasses } from './classes.ts';
import { evaluateLicence } from './evaluate.ts';
import { shorten } from './expression.ts';

/** Licence families of the GNU project, told apart by the id: GPL covers no LGPL. */
export const licenceFamilies = ['GPL', 'LGPL', 'AGPL'] as const;
export type LicenceFamily = (typeof licenceFamilies)[number];

const waiver = z.strictObject({
  /** A purl or a name, with `*` for anything: `pkg:npm/@img/*`, `jszip`. A purl without version is meant at any version. */
  package: z.string().trim().min(1).max(512),
  /** Only this licence; without it, whatever the package has. */
  expression: z.string().trim().min(1).max(1_000).refine((text) => evaluateLicence(text).expression !== null, 'must be an SPDX licence expression').optional(),
  /** Last day, `YYYY-MM-DD`. */
  until: z.iso.date('must be a date such as 2027-01-31'),
  /** Code or link of the decision that allows it. */
  decision: z.string().trim().min(1).max(500),
  reason: z.string().trim().min(1).max(2_000).optional(),
});

const schema = z.strictObject({
  /** GNU licences that are a risk where they are effective; one that an exception softened is none. */
  families: z.array(z.enum(licenceFamilies)).default([...licenceFamilies]),
  /** Classes that are a risk besides. */
  classes: z.array(z.enum(licenceClasses)).default([]),
  /** Which packages are looked at. Where a format cannot tell, `unknown` decides. */
  scopes: z.strictObject({
    direct: z.boolean().default(true),
    transitive: z.boolean().default(false),
    prod: z.boolean().default(true),
    dev: z.boolean().default(false),
    unknown: z.boolean().default(false),
  }).default({ direct: true, transitive: false, prod: true, dev: false, unknown: false }),
  waivers: z.array(waiver).max(1_000).default([]),
});

/** Which licences are a risk, where, and what is allowed all the same until a day. */
export type LicencePolicy = z.infer<typeof schema>;
export type LicenceWaiver = z.infer<typeof waiver>;

/** What data must be to be a policy; every part has a default. */
export const licencePolicySchema = schema;

/** GPL, LGPL or AGPL effective in a direct production dependency. */
export const defaultPolicy: LicencePolicy = schema.parse({});

/** One reason why a policy file is refused. Lines count from 1. */
export interface PolicyProblem {
  readonly file: string;
  readonly line?: number;
  readonly reason: string;
}

const MOST_CHARACTERS = 1_000_000;

/** Reads a policy file, YAML or JSON. Never throws: gives the policy or every reason why there is none. */
export function readPolicy(file: string, text: string): { readonly policy: LicencePolicy } | { readonly problems: readonly PolicyProblem[] } {
  if (text.length > MOST_CHARACTERS) return { problems: [{ file, reason: `The policy has ${text.length} characters; at most ${MOST_CHARACTERS} are read.` }] };
  // the YAML parser calls itself for every level
  if (/(?:[[{]\s*){50}|^(?:\s*[-?]\s){50}/m.test(text)) return { problems: [{ file, reason: 'The policy is nested too deep.' }] };
  const lineOf = (offset: number) => text.slice(0, offset).split('\n').length;
  try {
    const document = parseDocument(text, { schema: 'core', uniqueKeys: true, prettyErrors: false, logLevel: 'silent' });
    const problems: PolicyProblem[] = document.errors.map(({ pos, message }) => ({ file, line: lineOf(pos[0]), reason: `Not valid YAML: ${shorten(message)}.` }));
    visit(document, { Alias: (_key, node) => void problems.push({ file, line: lineOf(node.range?.[0] ?? 0), reason: 'Aliases are not used in a policy; write the value out.' }) });
    if (problems.length > 0) return { problems };
    const read = schema.safeParse(document.toJS() ?? {});
    if (read.success) return { policy: read.data };
    return {
      problems: read.error.issues.map(({ path, message }) => {
        const node = path.length === 0 ? document.contents : document.getIn(path, true);
        const offset = (node as { range?: readonly number[] | null } | null | undefined)?.range?.[0];
        return { file, ...(offset === undefined ? {} : { line: lineOf(offset) }), reason: `${path.length === 0 ? 'The policy' : path.map(String).join('.')}: ${message}.` };
      }),
    };
  } catch (error) {
    return { problems: [{ file, reason: `Not valid YAML: ${shorten(error instanceof Error ? error.message : 'it cannot be read')}.` }] };
  }
}
