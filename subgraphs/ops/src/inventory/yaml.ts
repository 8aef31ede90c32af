import { checkText, openSource, type Problem } from '@hubgraph/kit/front-matter/source';
import { fieldsOf, itemsOf, offsetOf, readText, readYaml, textOf, type Fields, type Fragment } from '@hubgraph/kit/front-matter/yaml';
import { entryOf, FIELDS } from './entry.ts';
import { SECTIONS, type Inventory, type InventoryPlace, type Section } from './model.ts';

const LONGEST = 2_000;

/** Reads an inventory in YAML: a mapping with the parts as lists. Problems have their place in the file. */
export function parseYaml(path: string, text: string): { readonly inventory: Inventory } | { readonly problems: readonly Problem[] } {
  const source = openSource(path, text);
  checkText(source);
  const fragment = source.problems.length > 0 ? undefined : readYaml(source, 0, source.text.length);
  const root = fragment && fieldsOf(fragment, fragment.document.contents, 'The inventory', 0);
  if (!fragment || !root) return { problems: source.problems };
  for (const { key, at } of root.byKey.values()) if (!SECTIONS.includes(key as Section)) source.report(at, `${key} is no part of an inventory; its parts are ${SECTIONS.join(', ')}.`);
  const inventory = Object.fromEntries(SECTIONS.map((section) => [section, readSection(fragment, root, section)])) as unknown as Inventory;
  return source.problems.length > 0 ? { problems: source.problems } : { inventory };
}

function readSection(fragment: Fragment, root: Fields, section: Section): object[] {
  const field = root.byKey.get(section);
  if (field === undefined || field.value === null) return [];
  const items = itemsOf(fragment, field.value);
  if (items === undefined) {
    fragment.source.report(field.at, `${section} must be a list.`);
    return [];
  }
  return items.flatMap((item) => {
    const at = offsetOf(fragment, item) ?? field.at;
    const fields = fieldsOf(fragment, item, `An entry of ${section}`, at);
    return fields === undefined ? [] : (readEntry(fragment, fields, section) ?? []);
  });
}

function readEntry(fragment: Fragment, fields: Fields, section: Section) {
  const known = FIELDS[section].map((name) => name.replace('!', ''));
  const texts: Record<string, string | undefined> = {};
  let environments: InventoryPlace[] | undefined;
  let manifest: Record<string, unknown> | undefined;
  for (const field of fields.byKey.values()) {
    if (!known.includes(field.key)) fragment.source.report(field.at, `${field.key} is not known of ${section}; known are ${known.join(', ')}.`);
    else if (field.key === 'environments') environments = readPlaces(fragment, field.value, field.at);
    else if (field.key === 'manifest') manifest = fieldsOf(fragment, field.value, 'manifest', field.at)?.map.toJS(fragment.document) as Record<string, unknown> | undefined;
    else texts[field.key] = readText(fragment, field, LONGEST);
  }
  return entryOf(section, { texts, environments, manifest, report: (name, reason) => fragment.source.report(fields.byKey.get(name ?? '')?.at ?? fields.at, reason) });
}

/** A place is the slug of an environment, or a mapping with `environment` and `url`. */
function readPlaces(fragment: Fragment, node: unknown, at: number): InventoryPlace[] {
  const items = itemsOf(fragment, node);
  if (items === undefined) fragment.source.report(at, 'environments must be a list.');
  return (items ?? []).flatMap((item) => {
    const place = offsetOf(fragment, item) ?? at;
    const scalar = textOf(fragment, item);
    if (scalar !== undefined) return scalar === '' ? [] : [{ environment: scalar }];
    const fields = fieldsOf(fragment, item, 'A place', place);
    const [environment, url] = ['environment', 'url'].map((name) => fields?.byKey.get(name)).map((field) => field && readText(fragment, field, LONGEST));
    for (const field of fields?.byKey.values() ?? []) if (field.key !== 'environment' && field.key !== 'url') fragment.source.report(field.at, `${field.key} is not known of a place; known are environment and url.`);
    if (fields && !environment) fragment.source.report(place, 'environment is missing.');
    return environment ? [{ environment, ...(url && { url }) }] : [];
  });
}
