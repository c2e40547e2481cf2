import type { Result } from './sums.ts'

/** `group` is a second name that `npm test -- <name>` knows it by. */
export type Suite = {
  readonly name: string
  readonly group: string
  run(): Promise<Result>
}
