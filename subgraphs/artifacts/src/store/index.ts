// The only folder that touches Prisma and SQL: loads, saves, batched byIds; one file per noun.
export { openDatabase, type Database } from './client.ts';
export { auditTrail, type AuditCheckpoint, type AuditFilter } from './audit.ts';
export { blobs } from './blob.ts';
export { files } from './file.ts';
export { holds } from './hold.ts';
export { locations, type BlobWindow, type DueLocation, type LocationFilter, type Needers } from './location.ts';
export { metadataSchemas } from './metadata-schema.ts';
export { packageConditions, packages, PACKAGE_ORDERS, type ManifestFile, type PackageCount, type PackageFactRow, type PackageFilter, type PackageList, type PackageOrder, type PackageParent } from './package.ts';
export { retention, type EligibilityFilter, type EligibilityTotals } from './retention.ts';
export { scrubs, type ScrubProgress } from './scrub.ts';
