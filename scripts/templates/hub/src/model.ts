// The nouns of workshop: what is stored, in plain types. Column names in PostgreSQL are the field names.

export const GIZMO_STATUSES = ['OPEN', 'CLOSED'] as const;
export type GizmoStatus = (typeof GIZMO_STATUSES)[number];

export interface Gizmo {
  readonly id: string;
  readonly title: string;
  /** Slug of the domain that it belongs to; the governance hub has the domain itself. */
  readonly domain: string | null;
  readonly status: GizmoStatus;
  /** What came of it, once it is closed. */
  readonly outcome: string | null;
  readonly createdBy: string;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
