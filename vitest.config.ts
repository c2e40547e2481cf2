import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/**
 * The same behaviour tests run twice: in Node on libSQL and disk, and in workerd on D1 and R2.
 * `#platform` is what differs. Tests of one runtime alone lie in test/node/ and test/workerd/.
 */
const behaviour = 'test/**/*.test.ts'
const runtimeFolders = ['test/node/**', 'test/workerd/**']

export default defineConfig({
  test: {
    projects: [
      {
        resolve: {
          alias: { '#platform': new URL('test/platform/node.ts', import.meta.url).pathname },
        },
        test: {
          name: 'node',
          globalSetup: 'test/temporary-folder.ts',
          include: [behaviour],
          exclude: ['test/workerd/**'],
          testTimeout: 30_000,
        },
      },
      {
        resolve: {
          alias: { '#platform': new URL('test/platform/workerd.ts', import.meta.url).pathname },
        },
        plugins: [
          cloudflareTest({
            main: './src/worker.ts',
            wrangler: { configPath: './wrangler.toml' },
          }),
        ],
        test: {
          name: 'workerd',
          include: [behaviour, 'test/workerd/**/*.test.ts'],
          exclude: runtimeFolders.slice(0, 1),
          testTimeout: 60_000,
        },
      },
    ],
  },
})
