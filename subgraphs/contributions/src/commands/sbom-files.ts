import { invalidField, type MutationErrorData } from '@hubgraph/kit/refusal';
import type { InputFile } from '../sbom/lockfile/text.ts';
import type { ParsedDocument, SbomProblem } from '../sbom/model.ts';
import { readSbom } from '../sbom/read.ts';

/** A file as a client uploads it: its content as text, or its bytes in base64. */
export interface SbomFileInput {
  readonly name: string;
  readonly text?: string | null;
  readonly base64?: string | null;
}

const MOST_FILES = 500;
const LONGEST_NAME = 1_000;

/** Reads uploaded files, or says what is wrong with them and where. */
export async function readUploads(documents: readonly SbomFileInput[], manifests: readonly SbomFileInput[]): Promise<ParsedDocument | { readonly problems: readonly MutationErrorData[] }> {
  const problems = [
    ...(documents.length === 0 ? [invalidField(['documents'], 'At least one document.')] : []),
    ...(documents.length + manifests.length > MOST_FILES ? [invalidField(['documents'], `At most ${MOST_FILES} files.`)] : []),
    ...Object.entries({ documents, manifests }).flatMap(([field, files]) => files.flatMap((file, index) => fileProblems(file, [field, String(index)]))),
  ];
  if (problems.length > 0) return { problems };
  const read = await readSbom(documents.map(toFile), manifests.map(toFile));
  return 'problems' in read ? { problems: read.problems.map((problem) => invalidField(pathOf(problem, documents, manifests), sentenceOf(problem))) } : read;
}

function fileProblems({ name, text, base64 }: SbomFileInput, path: readonly string[]): MutationErrorData[] {
  return [
    ...(name === '' || name.length > LONGEST_NAME ? [invalidField([...path, 'name'], `A file has a name of at most ${LONGEST_NAME} characters.`)] : []),
    ...((text == null) === (base64 == null) ? [invalidField(path, 'Give either text or base64.')] : []),
    ...(base64 == null || /^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(base64) ? [] : [invalidField([...path, 'base64'], 'This is not base64.')]),
  ];
}

function toFile({ name, text, base64 }: SbomFileInput): InputFile {
  return { name, bytes: text == null ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(text, 'utf8') };
}

function pathOf({ file }: SbomProblem, documents: readonly SbomFileInput[], manifests: readonly SbomFileInput[]): string[] {
  for (const [field, files] of Object.entries({ documents, manifests })) {
    const index = files.findIndex(({ name }) => name === file);
    if (index >= 0) return [field, String(index)];
  }
  return ['documents'];
}

function sentenceOf({ file, line, column, path, reason }: SbomProblem): string {
  const place = line === undefined ? '' : `:${line}${column === undefined ? '' : `:${column}`}`;
  return `${file}${place}: ${path === undefined || reason.includes(path) ? '' : `${path}: `}${reason}`;
}
