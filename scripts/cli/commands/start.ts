import type { Command } from 'commander';
import { environment } from '../../config.ts';

interface Options {
  readonly topology?: string;
  readonly port?: string;
  readonly host?: string;
  readonly dataDir?: string;
  readonly sample?: string;
  readonly json?: boolean;
}

/** `start`: servers, hubs and gateway in the foreground. Options come before the environment. */
export function register(program: Command): void {
  program.command('start')
    .description('start the graph: PostgreSQL, NATS, hubs and gateway; Ctrl-C stops it')
    .option('--topology <single|processes>', 'hubs in one process with the gateway, or each in its own (HUBGRAPH_TOPOLOGY)')
    .option('--port <number>', 'port of the gateway, 0 for a free one (PORT)')
    .option('--host <address>', 'address that the gateway listens on (HOST)')
    .option('--data-dir <path>', 'folder of everything that is kept (HUBGRAPH_DATA_DIR)')
    .option('--sample <yes|none>', 'sample data on the first start (HUBGRAPH_SAMPLE)')
    .option('--json', 'print one JSON line when the graph is ready, and nothing else')
    .action(async (options: Options) => {
      const [{ runGraph }, { progressTo }] = await Promise.all([import('../../topology/run.ts'), import('../../topology/progress.ts')]);
      const progress = progressTo(process.stdout, { quiet: options.json });
      const env = {
        ...environment(),
        ...set({ HUBGRAPH_TOPOLOGY: options.topology, PORT: options.port, HOST: options.host, HUBGRAPH_DATA_DIR: options.dataDir, HUBGRAPH_SAMPLE: options.sample }),
      };
      const code = await runGraph({
        env, progress,
        onReady({ url, dataDir }) {
          if (options.json) console.log(JSON.stringify({ url, dataDir, pid: process.pid }));
          else progress.done(`The graph is ready: ${url}`);
        },
      });
      // what a library left open must not keep a graph alive that has ended
      process.exit(code);
    });
}

function set(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
