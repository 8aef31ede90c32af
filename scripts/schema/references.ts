import { typeOf } from '@hubgraph/kit/events';
import { topLevelCodes, type ErrorCatalogue } from '@hubgraph/kit/errors';
import type { ConfigTable } from '@hubgraph/kit/config';
import type { HubDefinition } from '@hubgraph/kit/hub';
import { refusalCodes } from '@hubgraph/kit/refusal';
import { z } from 'zod';
import { exitCodes } from '../exit-codes.ts';
import { code, GENERATED_MARKDOWN, table } from './markdown.ts';

/** A table of settings and the part of the product that reads it. */
export interface NamedConfig {
  readonly part: string;
  readonly config: ConfigTable;
}

/** `docs/errors.md`: every code that the product answers with, from the catalogues themselves. */
export function printErrors(definitions: readonly HubDefinition[]): string {
  const catalogue = (codes: ErrorCatalogue) => table(['code', 'kind', 'retry', 'what to do'], Object.entries(codes).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, { kind, retry, say }]) => [code(name), kind, retry, say]));
  const shared = new Set([...Object.keys(topLevelCodes), ...Object.keys(refusalCodes)]);
  const hubs = byName(definitions).map(({ manifest, errors }) => ({ manifest, own: Object.fromEntries(Object.entries(errors).filter(([name]) => !shared.has(name))) })).filter(({ own }) => Object.keys(own).length > 0);
  return page('Errors', [
    '## Of requests\n\nIn `errors[].extensions.code` of a GraphQL answer.',
    catalogue(topLevelCodes),
    '## Of mutations\n\nIn `errors[].code` of a mutation\'s payload: expected refusals are data.',
    catalogue(refusalCodes),
    ...hubs.flatMap(({ manifest, own }) => [`## Of ${manifest.name}`, catalogue(own)]),
    '## Rules of lifecycles\n\nIn `unmet[].code` of `TransitionRefused` and `allowedTransitions`; besides `WRONG_STATE` (the verb does not leave this state) and `ROLE_REQUIRED` (it is for other roles), which every lifecycle has.',
    guards(definitions),
    '## Exit codes of commands',
    table(['code', 'meaning'], Object.values(exitCodes).map((exit) => [String(exit.code), exit.means])),
  ]);
}

function guards(definitions: readonly HubDefinition[]): string {
  const rows = new Map<string, string[]>();
  for (const { lifecycles } of byName(definitions)) {
    for (const { table: { noun, rows: moves } } of lifecycles) {
      for (const move of moves) for (const guard of move.when ?? []) rows.set(`${noun} ${guard.code}`, [noun, code(guard.code), guard.about]);
    }
  }
  return table(['noun', 'rule', 'asks that'], [...rows.keys()].sort().map((key) => rows.get(key) as string[]));
}

/** `docs/config.md`: every setting, from the tables that read them. A setting that several parts read is printed once. */
export function printConfig(configs: readonly NamedConfig[]): string {
  const settings = new Map<string, { parts: string[]; row: string[] }>();
  for (const { part, config } of configs) {
    for (const [name, setting] of Object.entries(config)) {
      const known = settings.get(name);
      if (known === undefined) settings.set(name, { parts: [part], row: [setting.default === undefined ? '' : code(setting.default), `${setting.about}${setting.secret ? ' Secret: never printed or logged.' : ''}`] });
      else if (!known.parts.includes(part)) known.parts.push(part);
    }
  }
  const rows = [...settings.keys()].sort().map((name) => {
    const { parts, row } = settings.get(name) as { parts: string[]; row: string[] };
    return [code(name), ...row, [...parts].sort().join(', ')];
  });
  return page('Settings', [
    'All settings are environment variables. An empty one counts as not set; an unknown one that begins with `HUBGRAPH_` is refused.',
    table(['variable', 'default', 'what it does', 'read by'], rows),
  ]);
}

/** `docs/events.md`: every event that others may rely on, with its payload. */
export function printEvents(definitions: readonly HubDefinition[]): string {
  const hubs = byName(definitions).flatMap(({ manifest, events }) => [
    `## ${manifest.name}\n\nStream ${code(manifest.stream)}, source ${code(`/hubs/${manifest.name}`)}.`,
    table(['type', 'version', 'subscription', 'when', '`data`'], Object.entries(events.types).sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, type]) => [
      code(typeOf(manifest, name)), String(type.version), type.feed === undefined ? '' : code(type.feed), type.description, fields(type.data),
    ])),
  ]);
  return page('Events', [
    'CloudEvents 1.0 as structured JSON; the NATS subject is the type. Every event also reaches `hubEvents(types:)`. `schema/events.json` has the JSON Schema of each `data`.',
    ...hubs,
  ]);
}

function fields(data: z.ZodObject): string {
  const { properties = {}, required = [] } = z.toJSONSchema(data);
  return Object.keys(properties).map((name) => code(required.includes(name) ? name : `${name}?`)).join(' ');
}

function byName(definitions: readonly HubDefinition[]): HubDefinition[] {
  return [...definitions].sort((a, b) => (a.manifest.name < b.manifest.name ? -1 : 1));
}

function page(title: string, parts: readonly string[]): string {
  return `${GENERATED_MARKDOWN}\n# ${title}\n\n${parts.join('\n\n')}\n`;
}
