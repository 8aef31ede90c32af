import { ROLES, SCOPES, SCOPES_OF_ROLE, type Scope } from '@hubgraph/kit/identity';
import { UsageError } from '@hubgraph/kit/errors';

/** How a new hub and its noun are called everywhere. */
export interface HubNames {
  /** Folder, subgraph, PostgreSQL schema. */
  readonly hub: string;
  /** Second word of event types. */
  readonly eventHub: string;
  /** Object type in the graph. */
  readonly noun: string;
  /** Scope of its mutations. */
  readonly scope: Scope;
  readonly port: number;
}

/** Names that mean something else already. */
const TAKEN = new Set(['kit', 'gateway', 'client', 'events', 'scripts', 'schema', 'public', 'test', 'bench']);

/**
 * Fills in what nobody said: the noun is `<Hub>Item`, the scope the hub's own where the identity table has one.
 *
 * @throws UsageError when a name cannot be one.
 */
export function hubNamesOf(hub: string, said: { readonly eventHub?: string; readonly noun?: string }, ports: readonly number[]): HubNames {
  if (!/^[a-z][a-z0-9]{1,30}$/.test(hub)) throw new UsageError(`"${hub}" is no name for a hub: use 2 to 31 lower-case letters and digits, such as people.`);
  if (TAKEN.has(hub)) throw new UsageError(`A hub cannot be called ${hub}: that name means something else here.`);
  const eventHub = said.eventHub ?? `${hub}hub`;
  if (!/^[a-z][a-z0-9]*$/.test(eventHub)) throw new UsageError(`"${eventHub}" is no word for event types: use lower-case letters and digits, such as peoplehub.`);
  const noun = said.noun ?? `${upperFirst(hub)}Item`;
  if (!/^[A-Z][a-z]+([A-Z][a-z]+)*$/.test(noun)) throw new UsageError(`"${noun}" is no name for a noun: use PascalCase, such as Person or JobOffer.`);
  const own = SCOPES.find((scope) => scope === `${hub}:write`);
  return { hub, eventHub, noun, scope: own ?? 'ops:write', port: Math.max(4100, ...ports) + 1 };
}

/** Puts the names into a template, which is written for the hub `workshop` and its noun `Gizmo`, so that it is code that can be read. */
export function fillIn(template: string, names: HubNames): string {
  const lower = lowerFirst(names.noun);
  const spoken = fileName(names.noun).replaceAll('-', ' ');
  const roles = ROLES.filter((role) => role !== 'system' && SCOPES_OF_ROLE[role].includes(names.scope));
  const words: readonly (readonly [RegExp, string])[] = [
    [/workshophub/g, names.eventHub],
    [/WORKSHOP/g, names.hub.toUpperCase()],
    [/Workshop/g, upperFirst(names.hub)],
    [/workshop/g, names.hub],
    [/gizmo-file/g, fileName(names.noun)],
    [/gizmolower/g, names.noun.toLowerCase()],
    [/GIZMO/g, fileName(names.noun).replaceAll('-', '_').toUpperCase()],
    [/Gizmos(?= (?:as|in) )/g, `${upperFirst(spoken)}s`],
    [/Gizmo/g, names.noun],
    [/\b([Aa]) (?=gizmo)/g, /^[aeiou]/.test(spoken) ? '$1n ' : '$1 '],
    // in a sentence a noun is written as words
    [/(?<=\b(?:[Aa]n?|One|is no|of|The) |notFound\(')gizmo(?=s?[ .;'])/g, spoken],
    [/gizmo/g, lower],
    [/write:scope/g, names.scope],
    [/\['some role'\]/g, `[${roles.map((role) => `'${role}'`).join(', ')}]`],
    [/port: 4100/g, `port: ${names.port}`],
  ];
  return words.reduce((text, [pattern, word]) => text.replace(pattern, word), template);
}

function fileName(noun: string): string {
  return noun.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
