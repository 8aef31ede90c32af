/** A reader asked for events that the stream no longer has; never answered by a silent gap. */
export class CursorExpired extends Error {
  /** The first position that can still be read. */
  readonly firstAvailable: number;
  /** How many events lie between what the reader has and that. */
  readonly missed: number;

  constructor(after: number, firstAvailable: number) {
    super(`events ${after + 1} to ${firstAvailable - 1} are no longer in the stream`);
    this.name = 'CursorExpired';
    this.firstAvailable = firstAvailable;
    this.missed = firstAvailable - after - 1;
  }
}

/** The stream began anew, with other events at the same positions. */
export class StreamReset extends Error {
  /** The epoch that the stream has now. */
  readonly epoch: string;

  constructor(epoch: string) {
    super(`the stream began anew with epoch ${epoch}`);
    this.name = 'StreamReset';
    this.epoch = epoch;
  }
}

/** A reader claims to have seen what the stream has not got and does not get: not a cursor of this stream. */
export class CursorAhead extends Error {
  /** The last position of the stream. */
  readonly last: number;

  constructor(after: number, last: number) {
    super(`position ${after} is ahead of the stream, which ends at ${last}`);
    this.name = 'CursorAhead';
    this.last = last;
  }
}
