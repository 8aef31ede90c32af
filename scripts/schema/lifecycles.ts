import type { HubDefinition } from '@hubgraph/kit/hub';
import type { LifecycleTable } from '@hubgraph/kit/lifecycle';
import { code, GENERATED_MARKDOWN, table } from './markdown.ts';

type Table = LifecycleTable<string, string, never>;

/** `schema/lifecycles.md`: a diagram and a table per lifecycle, from the tables that run. */
export function printLifecycles(definitions: readonly HubDefinition[]): string {
  const hubs = definitions.filter((definition) => definition.lifecycles.length > 0).sort((a, b) => (a.manifest.name < b.manifest.name ? -1 : 1));
  const intro = 'The same tables that the hubs decide by. The role `system` may make every move; a dry run of the mutation says what is missing.';
  const parts = hubs.flatMap(({ manifest, lifecycles }) => [
    `## ${manifest.name}`,
    ...[...lifecycles].sort((a, b) => (a.table.noun < b.table.noun ? -1 : 1)).map(({ table: one }) => lifecycle(one, manifest.eventHub)),
  ]);
  return `${GENERATED_MARKDOWN}\n# Lifecycles\n\n${[intro, ...parts].join('\n\n')}\n`;
}

function lifecycle(one: Table, eventHub: string): string {
  const event = (name: string) => code(`org.${eventHub}.${name}`);
  const states = Object.entries(one.states).map(([state, { about, terminal }]) => [code(state), about, terminal ? 'yes' : '']);
  const births = one.births.map((birth) => [code(birth.verb), 'new', code(birth.to), birth.who.join(', '), '', event(birth.emits)]);
  const rows = one.rows.map((row) => [
    code(row.verb), row.from.map(code).join(', '), code(row.to), row.who.join(', '),
    (row.when ?? []).map((guard) => `${code(guard.code)} ${guard.about}`).join('; '), event(row.emits),
  ]);
  return [
    `### ${one.noun}`,
    `\`\`\`mermaid\n${diagram(one)}\n\`\`\``,
    table(['state', 'meaning', 'final'], states),
    table(['verb', 'from', 'to', 'who', 'rules', 'event'], [...births, ...rows]),
  ].join('\n\n');
}

function diagram(one: Table): string {
  const lines = ['stateDiagram-v2'];
  for (const birth of one.births) lines.push(`  [*] --> ${birth.to} : ${birth.verb}`);
  for (const row of one.rows) for (const from of row.from) lines.push(`  ${from} --> ${row.to} : ${row.verb}`);
  for (const [state, { terminal }] of Object.entries(one.states)) if (terminal) lines.push(`  ${state} --> [*]`);
  return lines.join('\n');
}
