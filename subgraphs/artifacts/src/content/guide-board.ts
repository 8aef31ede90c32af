import schema from './guide-board.v1.schema.json' with { type: 'json' };

/** The metadata schema that ships with the hub: what is known about a run of a guide-board assessment. */
export const GUIDE_BOARD_RUN_V1 = { key: 'guide-board.run.v1', name: 'guide-board.run', number: 1, description: 'Run of a guide-board assessment', schema: schema as object } as const;

/** Metadata of the form `guide-board.run.v1`. */
export interface GuideBoardRun {
  readonly run_id: string;
  readonly target_profile_ref: string;
  readonly assessment_profile_ref: string;
  readonly result_status: string;
  /** Commit SHA by slug of the repo. */
  readonly source_commits: Readonly<Record<string, string>>;
  /** Logical paths. */
  readonly report_paths: readonly string[];
  readonly evidence_counts: Readonly<Record<string, number>>;
  readonly finding_counts: Readonly<Record<string, number>>;
}
