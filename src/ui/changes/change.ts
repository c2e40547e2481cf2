import type { Handler } from 'hono'
import { BlockedError, invalid } from '../../core/error.ts'
import type { AppContext, AppEnv } from '../../http/app-env.ts'
import { pagePrefix } from '../../http/guards/workspace.ts'
import type { Context } from '../../platform/context.ts'
import { type FormFields, type FormProblem, formAction, noteProblem } from '../forms.ts'
import { type Paths, pathsUnder } from '../paths.ts'

/** A page of forms that is shown again, with what was typed, where a change was not made. */
export type Reshown = {
  readonly problem?: FormProblem | undefined
  /** What was in a field of the form that was sent. */
  readonly typed?: ((field: string) => string | undefined) | undefined
}

export type Change<T, V, R> = {
  /** The name of the endpoint that does the same. */
  readonly operation: string
  /** What the form asks for. It never fails: `rule` judges first, on the very values that `make` then uses. */
  readonly read: (form: FormFields) => V
  /** Throws PERMISSION_DENIED to refuse. */
  readonly rule: (ctx: Context, asked: T & V) => void | Promise<void>
  /** The field that is marked where a value is wrong. */
  readonly field?: string
  /** Of the form, where it is longer than forms are. */
  readonly bytesMax?: number
  readonly make: (ctx: Context, asked: T & V) => Promise<R>
  /** Where to go then; absent: back to the page of the form. */
  readonly next?: (to: Paths, asked: T & V, made: R) => string
}

/** Makes what one form of a page posts to. */
export type MakeChange<T> = <V extends object, R>(change: Change<T, V, R>) => Handler<AppEnv>

type FormsPage<T> = {
  readonly show: (c: AppContext, shown: Reshown) => Promise<Response>
  readonly addressOf: (to: Paths, at: T) => string
  /** What the address names. */
  readonly atOf: (c: AppContext) => T
  readonly aboutOf?: (at: T) => { readonly model: string; readonly version?: number }
}

/** What one form of such a page posts to. A change that waits in a promotion request leads to that. */
export function changeOn<T extends object>({
  show,
  addressOf,
  atOf,
  aboutOf,
}: FormsPage<T>): MakeChange<T> {
  return ({ operation, read, rule, field, bytesMax, make, next }) => {
    const askedOf = (c: AppContext, form: FormFields) => ({ ...atOf(c), ...read(form) })
    return formAction({
      operation,
      ...(bytesMax !== undefined && { bytesMax }),
      rule: (ctx, c, form) => rule(ctx, askedOf(c, form)),
      ...(aboutOf && { about: (c: AppContext) => aboutOf(atOf(c)) }),
      async run(ctx, c, form) {
        const to = pathsUnder(pagePrefix(c))
        const asked = askedOf(c, form)
        try {
          const made = await make(ctx, asked)
          return c.redirect(next?.(to, asked, made) ?? addressOf(to, asked), 303)
        } catch (err) {
          if (err instanceof BlockedError) {
            return c.redirect(to.promotion(err.blocked.promotionId), 303)
          }
          const problem = await noteProblem(c, err, field)
          return show(c, { problem, typed: (name) => form.text(name) })
        }
      },
    })
  }
}

/** For a form without fields. */
export function readNothing(): object {
  return {}
}

/** An alias as people write it, with or without the sign before it. */
export function aliasFrom(text: string | undefined): string {
  return (text ?? '').replace(/^@/, '')
}

/** @throws INVALID_PARAMETER_VALUE it is empty */
export function checkGiven(text: string | undefined, what: string): string {
  if (text === undefined || text === '') throw invalid(`${what} is missing`)
  return text
}

/** The number of what a form was about: an id, a revision. @throws INVALID_PARAMETER_VALUE it has none */
export function checkSeen(text: string | undefined): number {
  if (text === undefined || !/^\d{1,15}$/.test(text)) {
    throw invalid('The form does not say what was seen; open the page again')
  }
  return Number(text)
}

/** What cannot be undone is done after its name was typed. @throws INVALID_PARAMETER_VALUE */
export function checkTyped(typed: string | undefined, wanted: string): void {
  if (typed === wanted.trim()) return
  throw invalid(`Nothing was deleted: type ${wanted} to say that you mean it`)
}
