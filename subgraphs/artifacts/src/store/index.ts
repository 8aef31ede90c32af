// The only folder that touches Prisma and SQL: loads, saves, batched byIds; one file per noun.
export { openDatabase, type Database } from './client.ts';
export { auditTrail } from './audit.ts';
export { blobs } from './blob.ts';
export { files } from './file.ts';
export { holds } from './hold.ts';
export { locations } from './location.ts';
export { metadataSchemas } from './metadata-schema.ts';
export { packageConditions, packages, PACKAGE_ORDERS, type ManifestFile, type PackageCount, type PackageFactRow, type PackageFilter, type PackageList, type PackageOrder, type PackageParent } from './package.ts';
export { retention } from './retention.ts';
export { scrubs } from './scrub.ts';
