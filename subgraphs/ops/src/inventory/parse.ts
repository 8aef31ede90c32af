import type { Problem } from '@hubgraph/kit/front-matter/source';
import { parseCsv } from './csv.ts';
import { MOST_ENTRIES, SECTIONS, type Inventory } from './model.ts';
import { parseYaml } from './yaml.ts';

/** Reads an inventory file: CSV by its name, otherwise YAML. Either all of it is right, or every problem is told with its place. */
export function parseInventory(path: string, text: string): { readonly inventory: Inventory } | { readonly problems: readonly Problem[] } {
  const read = /\.csv$/i.test(path) ? parseCsv(path, text) : parseYaml(path, text);
  if ('problems' in read) return read;
  const { inventory } = read;
  const problems: Problem[] = [];
  let count = 0;
  for (const section of SECTIONS) {
    const seen = new Set<string>();
    for (const { slug } of inventory[section]) {
      count++;
      if (seen.has(slug)) problems.push({ file: path, line: 1, reason: `${slug} is in ${section} twice.` });
      seen.add(slug);
    }
  }
  if (count > MOST_ENTRIES) problems.push({ file: path, line: 1, reason: `The file has ${count} entries; at most ${MOST_ENTRIES} are taken in at once.` });
  if (count === 0) problems.push({ file: path, line: 1, reason: `The file tells of nothing; its parts are ${SECTIONS.join(', ')}.` });
  return problems.length > 0 ? { problems } : read;
}
