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

type Change<T> = {
  /** The name of the endpoint that does the same. */
  readonly operation: string
  readonly rule: (ctx: Context, c: AppContext, form: FormFields) => void | Promise<void>
  /** The field that is marked where a value is wrong. */
  readonly field?: string
  /** Makes the change. @returns where to go then; nothing: back to the page of the form */
  readonly make: (
    ctx: Context,
    form: FormFields,
    at: T & { readonly to: Paths },
  ) => Promise<string | undefined>
}

type FormsPage<T> = {
  readonly show: (c: AppContext, shown: Reshown) => Promise<Response>
  readonly addressOf: (c: AppContext, to: Paths) => string
  /** What the address names. */
  readonly atOf: (c: AppContext) => T
  readonly aboutOf?: (at: T) => { readonly model: string; readonly version?: number }
}

/** What one form of such a page posts to. A change that waits in a promotion request leads to that. */
export function changeOn<T extends object>(
  page: FormsPage<T>,
): (change: Change<T>) => Handler<AppEnv> {
  const { atOf, aboutOf } = page
  return ({ operation, rule, field, make }) =>
    formAction({
      operation,
      rule,
      ...(aboutOf && { about: (c: AppContext) => aboutOf(atOf(c)) }),
      async run(ctx, c, form) {
        const to = pathsUnder(pagePrefix(c))
        try {
          const next = await make(ctx, form, { ...atOf(c), to })
          return c.redirect(next ?? page.addressOf(c, to), 303)
        } catch (err) {
          if (err instanceof BlockedError) {
            return c.redirect(to.promotion(err.blocked.promotionId), 303)
          }
          const problem = await noteProblem(c, err, field)
          return page.show(c, { problem, typed: (name) => form.text(name) })
        }
      },
    })
}

/** @throws INVALID_PARAMETER_VALUE it is empty */
export function neededText(form: FormFields, name: string, what: string): string {
  const text = form.text(name)
  if (text === undefined) throw invalid(`${what} is missing`)
  return text
}

/** What cannot be undone is done after its name was typed. @throws INVALID_PARAMETER_VALUE */
export function checkTyped(form: FormFields, wanted: string): void {
  if (form.text('confirm') === wanted) return
  throw invalid(`Nothing was deleted: type ${wanted} to say that you mean it`)
}
