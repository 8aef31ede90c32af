import type { Outcome, Priority, TaskStatus, WorkstreamStatus } from '../model.ts';

/** A table from the words of people to ours. */
export interface Words<Canonical extends string> {
  /** The canonical word, or undefined for an unknown one. Case, spaces and hyphens do not count. */
  read(word: string): Canonical | undefined;
  /** Every word that is understood, for the refusal of another. */
  readonly allowed: string;
}

function words<const Table extends Record<string, readonly string[]>>(table: Table): Words<Extract<keyof Table, string>> {
  type Canonical = Extract<keyof Table, string>;
  const found = new Map<string, Canonical>();
  for (const [canonical, aliases] of Object.entries(table)) {
    for (const alias of [canonical.toLowerCase(), ...aliases]) found.set(alias, canonical as Canonical);
  }
  return {
    read: (word) => found.get(word.trim().toLowerCase().replace(/[\s-]+/g, '_')),
    allowed: [...found.keys()].join(', '),
  };
}

export const workstreamWords: Words<WorkstreamStatus> = words({
  PROPOSED: ['draft', 'planned'],
  ACTIVE: ['in_progress', 'started', 'open'],
  PAUSED: ['on_hold'],
  CLOSING: [],
  COMPLETED: ['complete', 'done', 'finished'],
  CANCELLED: ['cancel', 'canceled', 'superseded'],
  ARCHIVED: [],
});

export const taskWords: Words<TaskStatus> = words({
  TODO: ['to_do', 'open'],
  IN_PROGRESS: ['progress', 'doing', 'started'],
  WAITING: ['wait', 'blocked'],
  DONE: ['completed', 'complete', 'finished'],
  CANCELLED: ['cancel', 'canceled'],
  CARRIED_FORWARD: ['carry_forward', 'carried'],
});

export const priorityWords: Words<Priority> = words({ HIGH: [], MEDIUM: [], LOW: [] });

export const outcomeWords: Words<Outcome> = words({
  COMPLETED: ['complete', 'done', 'finished'],
  CANCELLED: ['cancel', 'canceled', 'superseded'],
});
