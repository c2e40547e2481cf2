/**
 * `npm run property [sequences] [seed]`: the property of test/attacks/sign-off.test.ts over many
 * sequences. A seed gives the same sequences again.
 */
import { spawnSync } from 'node:child_process'

const [runs = '10000', seed = String(Math.floor(Math.random() * 2 ** 31))] = process.argv.slice(2)
console.log(`${runs} sequences from seed ${seed}`)
const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    ...['run', '--project', 'node', 'test/attacks/sign-off.test.ts'],
  ],
  {
    cwd: new URL('..', import.meta.url).pathname,
    stdio: 'inherit',
    env: { ...process.env, GATEHOUSE_PROPERTY_RUNS: runs, GATEHOUSE_PROPERTY_SEED: seed },
  },
)
process.exitCode = status ?? 1
