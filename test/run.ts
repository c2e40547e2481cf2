import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { environment } from './runner/environments.ts'
import { endAll } from './runner/processes.ts'
import type { Suite } from './runner/suite.ts'
import { nodeServer, suites } from './runner/suites.ts'
import { add, describeSums, nothing, type Result } from './runner/sums.ts'

/** Twice what a small machine has processors: a suite waits a third of its time. */
const lanes = 4

/** Run the suites that `names` asks for, all of them when it asks for none; the exit code says how it went. */
async function main(names: readonly string[]): Promise<number> {
  if (names.includes('--list')) {
    for (const suite of suites) console.log(`${suite.name} (${suite.group})`)
    return 0
  }
  const unknown = names.filter((name) => !suites.some((suite) => isNamed(suite, name)))
  if (unknown.length > 0) {
    console.error(`no such suite: ${unknown.join(', ')}; npm test -- --list says what there is`)
    return 1
  }
  const wanted = suites.filter(
    (suite) => names.length === 0 || names.some((name) => isNamed(suite, name)),
  )
  for (const name of wanted.flatMap(({ environments }) => environments)) environment(name)

  const queue = [...wanted]
  let total = nothing
  const work = async () => {
    for (let suite = queue.shift(); suite; suite = queue.shift()) {
      const startedAt = performance.now()
      const result = await outcome(suite)
      total = add(total, result)
      report(suite, result, (performance.now() - startedAt) / 1000)
    }
  }
  await Promise.all(Array.from({ length: lanes }, work))
  await nodeServer.stop()
  endAll()
  console.log(describeSums(total))
  return total.failed === 0 && total.passed > 0 ? 0 : 1
}

function isNamed(suite: Suite, name: string): boolean {
  return suite.name === name || suite.group === name
}

/** A suite that throws has failed. */
async function outcome(suite: Suite): Promise<Result> {
  try {
    return await suite.run()
  } catch (err) {
    const output = err instanceof Error ? (err.stack ?? err.message) : String(err)
    return { passed: 0, failed: 1, skipped: 0, output }
  }
}

function report(suite: Suite, result: Result, seconds: number): void {
  const note = result.note ? ` (${result.note})` : ''
  console.log(`${suite.name}: ${describeSums(result)} in ${Math.round(seconds)} s${note}`)
  if (result.failed > 0) console.log(`${result.output}\n--- end of ${suite.name}`)
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => {
    endAll()
    process.exit(130)
  })
}
// Whatever suites and servers keep in temporary folders lies here, and goes with this process.
const scratch = mkdtempSync(join(tmpdir(), 'gatehouse-'))
process.env.TMPDIR = scratch
// Hundreds of processes start in a run, and would each compile the same programs.
process.env.NODE_COMPILE_CACHE = join(scratch, 'compiled')
process.once('exit', () => {
  endAll()
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
})

process.exit(await main(process.argv.slice(2)))
