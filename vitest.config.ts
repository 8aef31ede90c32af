import { defineConfig } from 'vitest/config';

const exclude = ['**/node_modules/**', 'prisma/*/generated/**', 'scripts/templates/**'];

export default defineConfig({
  test: {
    // two cores: more workers only make timing tests wait for each other
    maxWorkers: 2,
    reporters: ['default'],
    projects: [
      {
        test: {
          name: 'all',
          include: ['{kit,gateway,subgraphs,scripts,test}/**/*.test.ts'],
          exclude: [...exclude, 'test/fault/**'],
          globalSetup: ['test/harness/global-setup.ts'],
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
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
