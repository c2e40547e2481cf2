import { RegistryError } from '../core/error.ts'
import type { Database } from '../db/database.ts'
import type { Context } from './context.ts'

/** How many answers of one kind may stay open, in a process or an isolate. */
export class OpenStreams {
  /** What they are, for messages: `streams of events`. */
  readonly #what: string
  readonly #max: number
  /** Of one account, so that it leaves room for others. */
  readonly #maxOfOne: number
  readonly #counts = new WeakMap<Database, Map<string, number>>()

  constructor(
    what: string,
    { max, maxOfOne }: { readonly max: number; readonly maxOfOne: number },
  ) {
    this.#what = what
    this.#max = max
    this.#maxOfOne = maxOfOne
  }

  /** @throws REQUEST_LIMIT_EXCEEDED as many are open as may be */
  check(ctx: Context): void {
    const why = this.whyNot(ctx)
    if (why !== undefined) throw new RegistryError('REQUEST_LIMIT_EXCEEDED', why)
  }

  /** Why no other one may be opened, or undefined. */
  whyNot(ctx: Context): string | undefined {
    const counts = this.#countsOf(ctx)
    const open = [...counts.values()].reduce((sum, count) => sum + count, 0)
    if (open >= this.#max) {
      return `${this.#max} ${this.#what} are open, which is as many as there may be; try again later`
    }
    if (!ctx.principal.verified || (counts.get(ctx.principal.name) ?? 0) < this.#maxOfOne) {
      return undefined
    }
    return `${this.#maxOfOne} ${this.#what} are open for this account, which is as many as it may have; end one of them`
  }

  /** Note that one was opened (1) or has ended (-1). */
  count(ctx: Context, by: 1 | -1): void {
    const counts = this.#countsOf(ctx)
    const { name } = ctx.principal
    const own = (counts.get(name) ?? 0) + by
    if (own > 0) counts.set(name, own)
    else counts.delete(name)
  }

  #countsOf({ db }: Context): Map<string, number> {
    const known = this.#counts.get(db)
    if (known) return known
    const made = new Map<string, number>()
    this.#counts.set(db, made)
    return made
  }
}
