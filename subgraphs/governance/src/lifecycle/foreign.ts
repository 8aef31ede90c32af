import { isUuid } from '@hubgraph/kit/ids';
import type { CloudEvent } from '@hubgraph/kit/events';
import { z } from 'zod';
import type { ClosureHub, ForeignItem, ForeignNoun } from '../model.ts';

/** The second word of a hub's event types, and its stream. Hubs are known by what they publish, never by an import. */
export const HUB_STREAMS: Readonly<Record<ClosureHub, { readonly eventHub: string; readonly stream: string }>> = {
  artifacts: { eventHub: 'artifactstore', stream: 'EVENTS_ARTIFACTS' },
  contributions: { eventHub: 'contribhub', stream: 'EVENTS_CONTRIBUTIONS' },
  finance: { eventHub: 'finhub', stream: 'EVENTS_FINANCE' },
  ops: { eventHub: 'opshub', stream: 'EVENTS_OPS' },
};

/**
 * States in which a closing does not wait for a thing. Whatever is not here waits: a state that a hub adds later is not
 * passed over.
 */
export const NOT_WAITED_FOR: Readonly<Record<ForeignNoun, readonly string[]>> = {
  Alert: ['RESOLVED'],
  Gate: ['PASSED', 'WAIVED'],
  Contribution: ['MERGED', 'REJECTED', 'WITHDRAWN'],
  ArtifactPackage: ['FINALIZED', 'FAILED', 'DELETED'],
  Commitment: ['ACTIVE', 'EXHAUSTED', 'EXPIRED', 'CANCELED', 'SUPERSEDED'],
  Service: ['REGISTERED', 'RETIRED'],
};

/** Where an item stands, without its time. */
export type ForeignFacts = Omit<ForeignItem, 'hub' | 'since' | 'waits' | 'domain'>;
type Rule = (event: CloudEvent) => ForeignFacts;

/** Reads the part of an event's data that a rule needs; more is welcome, less makes the event unfit to be taken in. */
function rule<Shape extends z.ZodObject>(shape: Shape, facts: (data: z.output<Shape>, event: CloudEvent) => ForeignFacts): Rule {
  return (event) => facts(shape.parse(event.data), event);
}

const id = z.string().refine(isUuid, 'is not an id');
const to = z.string().min(1);
const key = z.string().min(1).nullish();
/** `CUST-WP-0025` of `CUST-WP-0025-T03`. */
const workstreamOf = (task: string | null | undefined): string | null => /^(.+)-T\d+$/.exec(task ?? '')?.[1] ?? null;
const bare = { code: null, workstream: null, service: null, repo: null };

const alert = rule(z.object({ id, to, title: z.string(), workstream: key, service: key }), ({ id, to, title, workstream, service }) => ({ ...bare, noun: 'Alert', id, title, status: to, workstream: workstream ?? null, service: service ?? null }));
const gate = rule(z.object({ id, to, code: z.string(), workstream: key, service: key }), ({ id, to, code, workstream, service }) => ({ ...bare, noun: 'Gate', id, code, title: code, status: to, workstream: workstream ?? null, service: service ?? null }));
// alerts and gates name their service by its slug, so that is what it is known by here
const service = rule(z.object({ slug: z.string().min(1), name: z.string(), repo: key }), ({ slug, name, repo }, { type }) => ({ ...bare, noun: 'Service', id: slug, code: slug, title: name, status: type.endsWith('.retired') ? 'RETIRED' : 'REGISTERED', repo: repo ?? null }));
const contribution = rule(z.object({ id, to, slug: z.string(), workstream: key }), ({ id, to, slug, workstream }) => ({ ...bare, noun: 'Contribution', id, code: slug, title: slug, status: to, workstream: workstream ?? null }));
const artifactPackage = rule(z.object({ id, to, subject: z.string(), workstream: key, task: key }), ({ id, to, subject, workstream, task }) => ({ ...bare, noun: 'ArtifactPackage', id, title: subject, status: to, workstream: workstream ?? workstreamOf(task) }));
// finance is confidential: what a commitment is called is for those who may read it there
const commitment = rule(z.object({ id, to, workstream: key }), ({ id, to, workstream }) => ({ ...bare, noun: 'Commitment', id, title: id, status: to, workstream: workstream ?? null }));

const verbs = (noun: string, words: string, of: Rule): [string, Rule][] => words.split(' ').map((verb) => [`org.${noun}.${verb}`, of]);

/** By full type. An event that is not here says nothing of what a closing waits for. */
export const foreignRules: Readonly<Record<string, Rule>> = Object.fromEntries([
  ...verbs('opshub.service', 'registered updated retired', service),
  ...verbs('opshub.alert', 'raised repeated acknowledged returned escalated resolved', alert),
  ...verbs('opshub.gate', 'defined updated ready passed failed reopened waived expired', gate),
  ...verbs('contribhub.contribution', 'drafted updated submitted acknowledged accepted rejected merged withdrawn reopened', contribution),
  ...verbs('artifactstore.package', 'created updated uploading finalized failed deleted', artifactPackage),
  ...verbs('finhub.commitment', 'proposed signed activated exhausted expired paid canceled superseded', commitment),
]);

const hubOf = new Map(Object.entries(HUB_STREAMS).map(([hub, { eventHub }]) => [eventHub, hub as ClosureHub]));

/** What an event says of its subject; null when it is nothing that a closing could wait for. @throws when it lacks what its rule needs. */
export function foreignItemOf(event: CloudEvent): ForeignItem | null {
  const hub = hubOf.get(event.type.split('.')[1] ?? '');
  const facts = foreignRules[event.type]?.(event);
  if (hub === undefined || facts === undefined) return null;
  return itemOf(hub, facts, event.domain ?? null, new Date(event.time));
}

/** An item of its facts; whether it waits follows from its state. */
export function itemOf(hub: ClosureHub, facts: ForeignFacts, domain: string | null, since: Date): ForeignItem {
  return { ...facts, hub, domain, since, waits: !NOT_WAITED_FOR[facts.noun].includes(facts.status) };
}

/** What is known after `item`, given what was before: it waits since it began to. */
export function follows(before: ForeignItem | undefined, item: ForeignItem): ForeignItem {
  return before?.waits && item.waits ? { ...item, since: before.since } : item;
}
