import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const exclude = ['**/node_modules/**', 'prisma/*/generated/**', 'scripts/templates/**', 'client/dist/**'];

// vite would take the ES module of graphql while every library that is not ours takes the CommonJS one, as Node does:
// two instances refuse each other's schemas
const resolve = { alias: [{ find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) }] };

export default defineConfig({
  test: {
    // two cores: more workers only make timing tests wait for each other
    maxWorkers: 2,
    reporters: ['default'],
    projects: [
      {
        resolve,
        test: {
          name: 'all',
          include: ['{kit,gateway,client,subgraphs,scripts,test}/**/*.test.ts'],
          exclude: [...exclude, 'test/fault/**'],
          globalSetup: ['test/harness/global-setup.ts'],
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
        test: {
          name: 'fault',
          include: ['test/fault/**/*.test.ts'],
          exclude,
          globalSetup: ['test/harness/global-setup.ts'],
          // one at a time, after the others: they kill processes and count what is left
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 300_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
