import { detectDocument, readDocument } from './document/read.ts';
import { parseLockfiles } from './lockfile/parse.ts';
import type { InputFile } from './lockfile/text.ts';
import type { ParsedDocument, SbomProblem } from './model.ts';

/** What files give together: one snapshot, or every reason why they are refused. */
export type ReadSbom = ParsedDocument | { readonly problems: readonly SbomProblem[] };

/**
 * Reads the files of one snapshot: lockfiles with the manifests beside them, or one CycloneDX or SPDX document. What they are
 * is seen from their content. Pure, and never throws for what stands in them.
 */
export async function readSbom(files: readonly InputFile[], manifests: readonly InputFile[]): Promise<ReadSbom> {
  const document = files.find(({ bytes }) => detectDocument(bytes) !== null);
  if (document === undefined) return parseLockfiles(files, manifests);
  const other = [...files, ...manifests].find((file) => file !== document);
  if (other !== undefined) return { problems: [{ file: other.name, reason: `${document.name} is a whole bill of materials; take it in alone.`, code: 'USAGE' }] };
  const read = await readDocument(document);
  return 'document' in read ? read.document : read;
}
