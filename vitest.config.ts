import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/**
 * The same behaviour tests run twice: in Node on libSQL and disk, and in workerd on D1 and R2.
 * `#platform` is what differs. Tests of Node alone lie in the folders of `nodeAlone`, of workerd alone
 * in test/workerd/. Files share one process and its modules, which a file of its own would load anew:
 * a test leaves nothing behind in a module or a global.
 */
const behaviour = 'test/**/*.test.ts'
const nodeAlone = [
  'test/node/**',
  'test/cli/**',
  'test/docs/**',
  'test/check/**',
  // It compares two servers, and in workerd there is one database at a time; the conditions in SQL are the same.
  'test/attacks/workspaces.test.ts',
]

/** Pages are made of what the verbs answer, by code that asks nothing of its runtime: those of models and requests stand for all. */
const pagesOfNode = ['audit', 'budget', 'changes', 'charts'].map(
  (name) => `test/ui/${name}.test.ts`,
)

/** Those that a browser walks. */
const browser = ['test/node/ui/**']

/**
 * `npm test` runs those of Node alone as suites of their own: they start processes, and wait for them;
 * those of the browser take longest.
 */
const share = process.env.GATEHOUSE_TEST_SHARE
const shares: Record<string, { include: string[]; exclude: string[] }> = {
  browser: { include: browser.map(filesIn), exclude: [] },
  'node-alone': { include: nodeAlone.map(filesIn), exclude: browser },
  node: { include: [behaviour], exclude: nodeAlone },
}
const { include, exclude } = shares[share ?? ''] ?? { include: [behaviour], exclude: [] }

export default defineConfig({
  test: {
    projects: [
      {
        resolve: {
          alias: {
            '#platform': new URL('test/support/platform/node.ts', import.meta.url).pathname,
          },
        },
        test: {
          name: 'node',
          globalSetup: 'test/support/temporary-folder.ts',
          setupFiles: [
            'test/support/watch-attacks.ts',
            'test/support/mended-fetch.ts',
            'test/support/end-processes.ts',
          ],
          retry: { count: 3, condition: /^a turn of the event loop took/ },
          include,
          exclude: ['test/workerd/**', ...exclude],
          isolate: false,
          testTimeout: 120_000,
        },
      },
      {
        resolve: {
          alias: {
            '#platform': new URL('test/support/platform/workerd.ts', import.meta.url).pathname,
          },
        },
        plugins: [
          cloudflareTest({
            main: './src/worker.ts',
            wrangler: { configPath: './wrangler.toml' },
          }),
        ],
        test: {
          name: 'workerd',
          globalSetup: 'test/support/schema.ts',
          include: [behaviour],
          exclude: [...nodeAlone, ...pagesOfNode],
          isolate: false,
          testTimeout: 120_000,
        },
      },
    ],
  },
})

function filesIn(folder: string): string {
  return folder.replace(/\*\*$/, '**/*.test.ts')
}
