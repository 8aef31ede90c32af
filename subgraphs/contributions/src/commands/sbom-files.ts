import { invalidField, type MutationErrorData } from '@hubgraph/kit/refusal';
import type { ParsedDocument } from '../sbom/model.ts';

/** A file as a client uploads it: its content as text, or its bytes in base64. */
export interface SbomFileInput {
  readonly name: string;
  readonly text?: string | null;
  readonly base64?: string | null;
}

export function readFiles(_documents: readonly SbomFileInput[], _manifests: readonly SbomFileInput[]): ParsedDocument | { readonly problems: readonly MutationErrorData[] } {
  return { problems: [invalidField(['documents'], 'not yet')] };
}
