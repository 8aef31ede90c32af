import pino from 'pino';
import { systemClock } from '@hubgraph/kit/clock';
import { startRelay } from '@hubgraph/kit/relay/relay';
import { manifest } from '../harness/outbox.ts';

// A relay as a process of its own, so that it can be killed. Says on stdout what it becomes: leading, standby, alarm.
const { databaseUrl, natsUrl } = JSON.parse(process.argv[2] ?? '{}') as { databaseUrl: string; natsUrl: string };

startRelay({
  databaseUrl,
  natsUrl,
  schema: manifest.name,
  manifest,
  clock: systemClock,
  log: pino({ level: 'silent' }),
  reporter: (report) => {
    if (report.kind === 'leading' || report.kind === 'standby' || report.kind === 'alarm') process.stdout.write(`${report.kind}\n`);
  },
});
