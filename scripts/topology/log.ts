import { pino, destination, multistream, type Level, type Logger, type StreamEntry } from 'pino';

/** A log and a way to write out what is still in memory. */
export interface Log {
  readonly log: Logger;
  flush(): void;
}

/**
 * JSON lines: everything from `info` to `file`, and to stderr what `level` says, by default warnings and worse.
 * Tokens, keys and URLs with passwords are never given to a log; what could slip through is blanked by name.
 */
export function openLogger(options: { readonly file?: string; readonly level?: Level | 'silent'; readonly name: string }): Log {
  const { file, level } = options;
  // a person who reads the terminal gets warnings; a hub process or a container sets the level and reads stderr
  const streams: StreamEntry<Level>[] = [];
  if (level !== 'silent') streams.push({ level: level ?? 'warn', stream: destination({ dest: 2, sync: true }) });
  const sink = file === undefined ? undefined : destination({ dest: file, sync: false, minLength: 4096, periodicFlush: 500, mode: 0o600 });
  if (sink) streams.push({ level: lower(level ?? 'info', 'info'), stream: sink });
  const log = pino({
    name: options.name,
    level: streams.length === 0 ? 'silent' : lower(level === 'silent' || level === undefined ? 'info' : level, 'info'),
    redact: { paths: ['authorization', '*.authorization', 'password', '*.password', 'token', '*.token', 'databaseUrl', '*.databaseUrl', 'natsUrl', '*.natsUrl'], censor: '[secret]' },
  }, multistream(streams));
  return {
    log,
    flush() {
      try {
        sink?.flushSync();
      } catch {
        // the file never opened because the folder vanished: there is nowhere left to say so
      }
    },
  };
}

const ORDER: readonly Level[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'];

function lower(one: Level | 'silent', other: Level): Level {
  return one === 'silent' || ORDER.indexOf(one) > ORDER.indexOf(other) ? other : one;
}
