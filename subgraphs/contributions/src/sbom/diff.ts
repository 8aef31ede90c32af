/** One purl that only one of two snapshots holds, or that states another licence in each. */
export interface PurlDifference {
  readonly purl: string;
  /** The purl without version. */
  readonly package: string;
  readonly version: string | null;
  readonly inFrom: boolean;
  readonly inTo: boolean;
  readonly fromLicence: string | null;
  readonly toLicence: string | null;
}

/** What is at one version (or several) in one snapshot and at others in the other. */
export interface VersionChange {
  /** Purl without version. */
  readonly package: string;
  readonly from: readonly PurlDifference[];
  readonly to: readonly PurlDifference[];
}

/** What changed from one snapshot to another. */
export interface SbomDiff {
  readonly added: readonly PurlDifference[];
  readonly removed: readonly PurlDifference[];
  readonly changedVersion: readonly VersionChange[];
  readonly changedLicence: readonly PurlDifference[];
}

/** Sorts differences: versions of one package that came and went are a change of version, the rest was added or removed. */
export function diffOf(differences: readonly PurlDifference[]): SbomDiff {
  const added: PurlDifference[] = [];
  const removed: PurlDifference[] = [];
  const changedVersion: VersionChange[] = [];
  for (const [name, all] of Map.groupBy(differences, (one) => one.package)) {
    const from = all.filter((one) => !one.inTo);
    const to = all.filter((one) => !one.inFrom);
    if (from.length > 0 && to.length > 0) changedVersion.push({ package: name, from, to });
    else {
      added.push(...to);
      removed.push(...from);
    }
  }
  return { added, removed, changedVersion, changedLicence: differences.filter((one) => one.inFrom && one.inTo) };
}
