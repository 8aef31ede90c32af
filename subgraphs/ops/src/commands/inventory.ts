import { textProblems } from '@hubgraph/kit/fields';
import { invalidField, invalidInput, Refused, type MutationErrorData } from '@hubgraph/kit/refusal';
import { MOST_ENTRIES, SECTIONS, type Inventory, type InventoryChange, type Section } from '../inventory/model.ts';
import type { ReporterKind } from '../model.ts';
import { environments, reporters, services } from '../store/index.ts';
import type { Work } from './common.ts';
import { registerEnvironment, updateEnvironment } from './environment.ts';
import { registerReporter, updateReporter } from './reporter.ts';
import { registerService, retireService, updateService } from './service.ts';

export interface SyncInventoryInput extends Partial<{ readonly [Part in Section]: Inventory[Part] | null }> {
  /** The file, as it is called where it is kept; services that it no longer tells of are known by it. */
  readonly source: string;
  /** Retire services that the file told of before and does not any longer. */
  readonly retireMissing?: boolean | null;
}

/** What a sync did, entry by entry. */
export interface InventoryReport {
  readonly changes: readonly InventoryChange[];
}

const KIND_OF: Partial<Record<Section, ReporterKind>> = { hubs: 'HUB', apiConsumers: 'API_CONSUMER', widgets: 'WIDGET' };

/**
 * Brings the registry to what an inventory file says, in this one transaction: every entry is right, or nothing is written
 * and every reason is told. What a file leaves out of an entry stays. A file that says nothing new changes nothing.
 */
export async function syncInventory(work: Work, input: SyncInventoryInput): Promise<{ inventory: InventoryReport } | Refused> {
  const wrong = problemsOf(input);
  if (wrong.length > 0) return new Refused(wrong);
  const changes: InventoryChange[] = [];
  const refusals: MutationErrorData[] = [];
  for (const section of SECTIONS) {
    const told = input[section] ?? [];
    const known = await knownOf(work, section, told.map(({ slug }) => slug));
    for (const [index, entry] of told.entries()) {
      const answer = await bringIn(work, section, known.get(entry.slug) ?? null, { ...entry, source: input.source });
      if (answer instanceof Refused) refusals.push(...answer.errors.map((error) => ({ ...error, path: ['input', section, String(index), ...error.path.slice(1)] })));
      else changes.push({ section, slug: entry.slug, outcome: answer });
    }
    // services name environments: without them every service would be refused too, for no reason of its own
    if (refusals.length > 0 && section === 'environments') break;
  }
  if (refusals.length > 0) return new Refused(refusals);
  return { inventory: { changes: [...changes, ...(await missing(work, input))] } };
}

/** Any entry with the file that tells of it. */
type Told = Inventory[Section][number] & { readonly source: string };
type Stored = { readonly id: string; readonly version: number };

async function bringIn(work: Work, section: Section, before: Stored | null, entry: Told): Promise<InventoryChange['outcome'] | Refused> {
  if (before === null) {
    const made = await register(work, section, entry);
    return made instanceof Refused ? made : 'CREATED';
  }
  const after = await update(work, section, before, entry);
  if (after instanceof Refused) return after;
  return after.version === before.version ? 'UNCHANGED' : 'UPDATED';
}

/** What is there of the slugs, in one statement; whoever changes one locks it and looks again. */
function knownOf(work: Work, section: Section, slugs: readonly string[]): Promise<ReadonlyMap<string, Stored>> {
  if (section === 'environments') return environments.bySlugs(work.tx, slugs);
  if (section === 'services') return services.bySlugs(work.tx, slugs);
  return reporters.bySlugs(work.tx, KIND_OF[section]!, slugs);
}

function register(work: Work, section: Section, entry: Told): Promise<object | Refused> {
  if (section === 'environments') return registerEnvironment(work, entry as Parameters<typeof registerEnvironment>[1]);
  if (section === 'services') return registerService(work, entry as Parameters<typeof registerService>[1]);
  return registerReporter(work, KIND_OF[section]!, entry);
}

async function update(work: Work, section: Section, before: Stored, entry: Told): Promise<Stored | Refused> {
  const wanted = { ...entry, id: before.id };
  if (section === 'environments') {
    const { kind } = entry as Inventory['environments'][number];
    if ((before as unknown as { kind: string }).kind !== kind) return invalidInput(['kind'], `${entry.slug} is ${(before as unknown as { kind: string }).kind}; the kind of an environment stays for ever, so a new one needs a new slug.`);
    const answer = await updateEnvironment(work, wanted);
    return answer instanceof Refused ? answer : answer.environment;
  }
  if (section === 'services') {
    const answer = await updateService(work, wanted);
    return answer instanceof Refused ? answer : answer.service;
  }
  const answer = await updateReporter(work, KIND_OF[section]!, wanted);
  return answer instanceof Refused ? answer : answer.reporter;
}

/** Services that the file told of before and does not any longer. */
async function missing(work: Work, { source, services: told, retireMissing }: SyncInventoryInput): Promise<InventoryChange[]> {
  if (told == null) return [];
  const slugs = new Set(told.map(({ slug }) => slug));
  const gone = (await services.ofSource(work.tx, source)).filter((service) => !slugs.has(service.slug));
  if (retireMissing) for (const { id } of gone) await retireService(work, { id });
  return gone.map(({ slug }) => ({ section: 'services', slug, outcome: retireMissing ? 'RETIRED' : 'MISSING' }));
}

function problemsOf(input: SyncInventoryInput): MutationErrorData[] {
  const count = SECTIONS.reduce((sum, section) => sum + (input[section]?.length ?? 0), 0);
  return [
    ...(input.source.trim() === '' ? [invalidField(['source'], 'Name the file.')] : textProblems({ source: input.source }, 1_000)),
    ...(count > MOST_ENTRIES ? [invalidField([], `An inventory has at most ${MOST_ENTRIES} entries; this one has ${count}.`)] : []),
    ...SECTIONS.flatMap((section) => {
      const seen = new Set<string>();
      return (input[section] ?? []).flatMap(({ slug }, index) => (seen.size === seen.add(slug).size ? [invalidField([section, String(index), 'slug'], `${slug} is there twice.`)] : []));
    }),
  ];
}
