import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';

// What the peer is made of: installed for one run by the reader's npm into a folder that is deleted afterwards, never a
// dependency of ours. The day holds what these need in turn to what there was when the bench was written.

export const PACKAGES = {
  '@graphql-hive/gateway-runtime': '2.12.1', '@graphql-hive/pubsub': '2.2.1', '@graphql-mesh/transport-http': '1.2.1',
  '@nats-io/jetstream': '3.4.0', '@nats-io/transport-node': '3.4.0', graphql: '16.14.2', 'graphql-ws': '6.0.6', ws: '8.21.0',
};
const AS_OF = '2026-10-05';

/**
 * Installs the peer into `folder`, which is made; about 60 MB.
 *
 * @throws what npm said, when it cannot.
 */
export async function installHive(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}/package.json`, JSON.stringify({ private: true, dependencies: PACKAGES }));
  await promisify(execFile)('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', `--before=${AS_OF}`], { cwd: folder });
}
