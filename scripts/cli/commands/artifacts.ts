import type { Command } from 'commander';
import { addAuditCommand } from '../artifacts/audit.ts';
import { addDownloadCommands } from '../artifacts/download.ts';
import { addIngestCommand } from '../artifacts/ingest.ts';
import { addScrubCommand } from '../artifacts/scrub.ts';
import { addVerifyCommand } from '../artifacts/verify.ts';

/** `artifacts`: packages of evidence. */
export function register(program: Command): void {
  const group = program.command('artifacts').description('preserve, fetch and verify packages of evidence (docs/artifacts.md)');
  addIngestCommand(group);
  addVerifyCommand(group);
  addDownloadCommands(group);
  addAuditCommand(group);
  addScrubCommand(group);
}
