import type { KnipConfig } from 'knip'

/**
 * What `npm run check` calls dead code. It looks twice. With the tests: files that nothing reaches,
 * exports that no other file uses, packages that nothing imports or that package.json lacks. Without
 * them (`--production`): what only tests use must at least serve its own file.
 */
const isProduction = process.argv.includes('--production')

const config: KnipConfig = {
  entry: [
    'src/{cli/main,cli/server-main,worker,router-worker,client/index}.ts!',
    // A thread of its own.
    'src/platform/node/reader/thread.ts!',
    // drizzle-kit reads every table.
    'src/**/tables.ts!',
    // Bundled into src/ui/shell/script.ts.
    'src/ui/islands/{page,parquet/parquet-preview,parquet/worker}.ts!',
    'drizzle/{config,generate}.ts',
    'test/{check,property,run,java/run,recordings/run,runner/worker-server,support/platform/*}.ts',
    'bench/{run,audit-cost,watchers,floor}.ts',
    'bin/build.mjs',
  ],
  project: ['src/**!', 'test/**', 'bench/**', 'bin/**', 'drizzle/*.ts'],
  ignoreExportsUsedInFile: isProduction || { type: true, interface: true },
  // Both are run by their paths.
  ignoreDependencies: ['gatehouse-node', 'wrangler'],
  ignoreBinaries: ['mount', 'umount'],
}

export default config
