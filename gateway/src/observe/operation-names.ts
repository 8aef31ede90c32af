import { parse } from 'graphql';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Names of the operations in the `.graphql` files of a folder: those that metrics may name. Without a folder there are none. */
export async function readOperationNames(folder: string | undefined): Promise<ReadonlySet<string>> {
  if (folder === undefined) return new Set();
  const files = (await readdir(folder)).filter((name) => name.endsWith('.graphql'));
  const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
  return new Set(texts.flatMap((text) => parse(text, { noLocation: true }).definitions.flatMap((definition) => (definition.kind === 'OperationDefinition' && definition.name ? [definition.name.value] : []))));
}
