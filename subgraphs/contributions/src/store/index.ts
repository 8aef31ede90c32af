// The only folder that touches Prisma and SQL: loads, saves, batched byIds; one file per noun.
export { openDatabase, type Database } from './client.ts';
export { contributions, CONTRIBUTION_ORDERS, type ContributionCount, type ContributionFilter, type ContributionList, type ContributionOrder, type ContributionParent, type WeekCount } from './contribution.ts';
export { conclusions } from './conclusion.ts';
export { groupKey, packages, type LicenceGroup, type PackageFilter, type PackageUse, type UsedPackage } from './package.ts';
export { sboms, type NewSbomPackage, type SbomFilter, type SbomOrder } from './sbom.ts';
