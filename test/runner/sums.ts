import { readFile } from 'node:fs/promises'
import type { Finished } from './processes.ts'

export type Sums = { readonly passed: number; readonly failed: number; readonly skipped: number }

/** What a suite came to. `output` is shown when something failed, `note` always. */
export type Result = Sums & { readonly output: string; readonly note?: string }

export const nothing: Sums = { passed: 0, failed: 0, skipped: 0 }

export function add(a: Sums, b: Sums): Sums {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
  }
}

export function describeSums(sums: Sums): string {
  return `${sums.passed} passed, ${sums.failed} failed, ${sums.skipped} skipped`
}

/** A suite that ended with an error, or ran nothing at all, has failed whatever it counted. */
export function settle(counted: Sums, { code, output }: Finished): Result {
  const ran = counted.passed + counted.failed + counted.skipped
  const crashed = counted.failed === 0 && (code !== 0 || ran === 0)
  const reason = crashed ? `\nended with code ${code} after ${ran} tests` : ''
  return { ...counted, failed: counted.failed + (crashed ? 1 : 0), output: output + reason }
}

/** Sums from a script's own last line of the form `N passed, N failed, N skipped`; the third may be left out. */
export function printedSums(output: string): Sums {
  const lines = [...output.matchAll(/^(?:\w+: )?(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/gm)]
  const [, passed, failed, skipped] = lines.at(-1) ?? []
  return { passed: Number(passed ?? 0), failed: Number(failed ?? 0), skipped: Number(skipped ?? 0) }
}

type VitestReport = {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { status: string; assertionResults: readonly unknown[] }[]
}

/** Sums from Vitest's JSON report; a file that could not be loaded counts as one failure. */
export async function vitestSums(reportPath: string): Promise<Sums> {
  const text = await readIfWritten(reportPath)
  if (text === undefined) return nothing
  const report: VitestReport = JSON.parse(text)
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.length === 0,
  )
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

/** Sums from pytest's JUnit report. */
export async function pytestSums(reportPath: string): Promise<Sums> {
  const text = (await readIfWritten(reportPath)) ?? ''
  const suite = /<testsuite [^>]*>/.exec(text)?.[0] ?? ''
  const count = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0)
  const failed = count('failures') + count('errors')
  const skipped = count('skipped')
  return { passed: Math.max(0, count('tests') - failed - skipped), failed, skipped }
}

/** A suite that crashed early has written no report. */
async function readIfWritten(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'ENOENT') return undefined
    throw err
  }
}
