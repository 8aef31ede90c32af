/**
 * Exit codes of every command of this project, printed in `--help` and the README.
 * Each failure that a person can do something about has its own, so that scripts need not read the sentence.
 */
export const exitCodes = {
  done: { code: 0, means: 'done; a server that was told to stop has stopped cleanly' },
  no: { code: 1, means: 'the answer is no: refused by a rule, or a check found something' },
  usage: { code: 2, means: 'a wrong argument or a wrong or unknown setting' },
  held: { code: 3, means: 'the data folder is held by another start' },
  portBusy: { code: 4, means: 'the port is taken' },
  unwritable: { code: 5, means: 'the data folder cannot be written' },
  migrationFailed: { code: 6, means: 'a database has a migration that failed half-way' },
  databaseUnreachable: { code: 7, means: 'PostgreSQL given by URL does not answer or refuses the login' },
  natsUnreachable: { code: 8, means: 'NATS given by URL does not answer or refuses the login' },
  noBinary: { code: 9, means: 'there is no embedded server for this platform' },
  serverFailed: { code: 10, means: 'an embedded server or a hub did not start, or ended unasked' },
  graphUnreachable: { code: 11, means: 'no graph answers at the endpoint' },
  denied: { code: 12, means: 'the token is missing, not valid, or lacks a scope' },
  hubUnavailable: { code: 13, means: 'a hub that the command needs cannot answer now' },
  fault: { code: 70, means: 'our mistake; the log has the details' },
} as const satisfies Readonly<Record<string, { code: number; means: string }>>;

/** The table as lines for `--help`. */
export function exitCodeLines(): string {
  return Object.values(exitCodes).map(({ code, means }) => `  ${String(code).padStart(2)}  ${means}`).join('\n');
}
