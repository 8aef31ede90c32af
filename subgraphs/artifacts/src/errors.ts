import { defineCodes } from '@hubgraph/kit/errors';

/** Codes of the guards that only this hub has. */
export const codes = defineCodes({
  FILES_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Announce at least one file by requestUpload and upload it.' },
  FILES_INCOMPLETE: { kind: 'refused', retry: 'after-reading', say: 'Upload the files named in refs to their end, or remove them.' },
  METADATA_INVALID: { kind: 'refused', retry: 'after-reading', say: 'Correct the metadata by updateArtifactPackage; the message names each place.' },
  DIGEST_MISMATCH: { kind: 'refused', retry: 'after-reading', say: 'The files are not those that the claimed manifest digest is of: compare them with your own manifest.' },
  RESUME_TOO_LATE: { kind: 'refused', retry: 'no', say: 'A failed package can be resumed for 24 hours: create a new one.' },
  REASON_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Give a reason.' },
  NOT_EXPIRED: { kind: 'refused', retry: 'later', say: 'Wait until the package has expired; deletionEligibility says when.' },
  HELD: { kind: 'refused', retry: 'after-reading', say: 'Have the holds named in refs released.' },
  PERMANENT_RECORD: { kind: 'refused', retry: 'no', say: 'A permanent record is never deleted and never expires.' },
  LATER_DATE_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Give a date after the present one.' },
  EARLIER_DATE_REQUIRED: { kind: 'refused', retry: 'after-reading', say: 'Give a date before the present one and not in the past.' },
  CLASS_FIXED: { kind: 'refused', retry: 'no', say: 'The retention of this class is never shortened.' },
});

export type ArtifactsCode = keyof typeof codes;
