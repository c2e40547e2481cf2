import type { Result } from './sums.ts'

/**
 * `group` is a second name that `npm test -- <name>` knows it by, `environments` are those of Python
 * that it needs.
 */
export type Suite = {
  readonly name: string
  readonly group: string
  readonly environments: readonly string[]
  run(): Promise<Result>
}
