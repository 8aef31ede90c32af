import { changed, checkVersion } from '@hubgraph/kit/entity';
import { lineProblems, linkProblems, MAX_LINE, slugProblems, textProblems } from '@hubgraph/kit/fields';
import { isUuid, newId } from '@hubgraph/kit/ids';
import { duplicate, invalidField, notFound, Refused, type MutationErrorData } from '@hubgraph/kit/refusal';
import type { Reporter, ReporterKind } from '../model.ts';
import { reporters } from '../store/index.ts';
import type { Work } from './common.ts';

/** A manifest is read by people and pages: more characters of JSON belong into an artifact. */
const MAX_MANIFEST = 16_384;
const CALLED: Readonly<Record<ReporterKind, string>> = { HUB: 'hub', API_CONSUMER: 'API consumer', WIDGET: 'widget' };

interface ReporterFacts {
  readonly owner?: string | null;
  readonly service?: string | null;
  readonly url?: string | null;
  readonly source?: string | null;
}

export interface RegisterReporterInput extends ReporterFacts {
  readonly slug: string;
  /** The slug when left out. */
  readonly name?: string | null;
  readonly manifest?: unknown;
}

/** Registers a hub, an API consumer or a widget under a slug that is free among its kind. */
export async function registerReporter(work: Work, kind: ReporterKind, input: RegisterReporterInput): Promise<{ reporter: Reporter } | Refused> {
  const name = input.name ?? input.slug;
  const wrong = [...slugProblems(input.slug), ...lineProblems('name', name), ...factProblems(input), ...manifestProblems(input.manifest)];
  if (wrong.length > 0) return new Refused(wrong);
  const { slug, owner, service, url, source, manifest } = input;
  const reporter = await reporters.insert(work.tx, {
    id: newId(), kind, slug, name, owner: owner ?? null, service: service ?? null, manifest: (manifest ?? {}) as Reporter['manifest'], url: url ?? null, source: source ?? null, createdAt: work.now, updatedAt: work.now, version: 1,
  });
  if (reporter === null) return duplicate(CALLED[kind], slug, (await reporters.lockByKey(work.tx, kind, slug))?.id ?? '', ['slug']);
  return { reporter };
}

/** What may change: what is undefined stays, null clears. */
export interface UpdateReporterInput extends ReporterFacts {
  readonly id: string;
  readonly name?: string | null;
  readonly manifest?: unknown;
  readonly expectedVersion?: number | null;
}

/** Changes what is known of a hub, an API consumer or a widget. Nothing to change is no change. */
export async function updateReporter(work: Work, kind: ReporterKind, input: UpdateReporterInput): Promise<{ reporter: Reporter } | Refused> {
  const before = isUuid(input.id) ? await reporters.lockById(work.tx, input.id) : null;
  if (before === null || before.kind !== kind) return notFound(CALLED[kind], input.id);
  const stale = checkVersion(before, input.expectedVersion);
  if (stale) return stale;
  const wrong = [...lineProblems('name', input.name ?? undefined), ...factProblems(input), ...manifestProblems(input.manifest)];
  if (wrong.length > 0) return new Refused(wrong);
  const { name, owner, service, url, source, manifest } = input;
  const changes = changed(before, { name: name ?? undefined, owner, service, url, source, manifest: (manifest ?? undefined) as Reporter['manifest'] | undefined });
  return { reporter: changes === null ? before : await reporters.save(work.tx, before, changes, work.now) };
}

function factProblems({ owner, service, url, source }: ReporterFacts): MutationErrorData[] {
  return [...textProblems({ owner }, MAX_LINE), ...(service == null ? [] : slugProblems(service, ['service'])), ...linkProblems({ url }), ...textProblems({ source })];
}

function manifestProblems(manifest: unknown): MutationErrorData[] {
  if (manifest == null) return [];
  if (typeof manifest !== 'object' || Array.isArray(manifest)) return [invalidField(['manifest'], 'A manifest is a JSON object.')];
  return JSON.stringify(manifest).length > MAX_MANIFEST ? [invalidField(['manifest'], `A manifest has at most ${MAX_MANIFEST} characters of JSON.`)] : [];
}
