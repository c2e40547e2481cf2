import type { Handler } from 'hono'
import { type ErrorCode, invalid, RegistryError } from '../core/error.ts'
import type { AppContext, AppEnv } from '../http/app-env.ts'
import { readBytes } from '../http/body.ts'
import { admit, guardedHandler } from '../http/guards/guard.ts'
import { noteRefusal } from '../http/guards/refusals.ts'
import type { Context } from '../platform/context.ts'
import { attempt } from './attempt.ts'

/** The fields of a form, each once. */
export type FormFields = {
  /** Without space around it; undefined: absent or empty. */
  text(name: string): string | undefined
  /** As a page put it into a hidden field. */
  exact(name: string): string | undefined
  isChecked(name: string): boolean
}

/** What stands in a field of several lines, without empty ones. */
export function linesOf(text: string | undefined): string[] {
  return (text ?? '').split('\n').flatMap((line) => line.trim() || [])
}

const bytesUsual = 200_000

/**
 * What a form of a page posts to. It answers 303 to the page that shows what became of it, or the
 * page again with what was wrong.
 *
 * @param action.operation the name of the endpoint that does the same, for the audit log
 */
export function formAction({
  operation,
  rule,
  about,
  run,
  bytesMax = bytesUsual,
}: FormAction): Handler<AppEnv> {
  return guardedHandler(async (c: AppContext) => {
    c.set('operation', operation)
    c.set('changes', true)
    const ctx = await admit(c)
    const form = await readForm(c, bytesMax)
    if (about) c.set('decoded', about(c))
    await rule(ctx, c, form)
    return run(ctx, c, form)
  })
}

type FormAction = {
  readonly operation: string
  /** Throws PERMISSION_DENIED to refuse. */
  readonly rule: (ctx: Context, c: AppContext, form: FormFields) => void | Promise<void>
  /** What it is about, as a refusal notes it in the audit log. */
  readonly about?: (c: AppContext) => { readonly model: string; readonly version?: number }
  readonly run: (ctx: Context, c: AppContext, form: FormFields) => Promise<Response>
  /** Of the whole form, where it may be larger than forms are. */
  readonly bytesMax?: number
}

/** @throws PAYLOAD_TOO_LARGE, or INVALID_PARAMETER_VALUE for what no page sends */
async function readForm(c: AppContext, bytesMax: number): Promise<FormFields> {
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded') {
    throw invalid('A form is sent as application/x-www-form-urlencoded')
  }
  const bytes = await readBytes(c, bytesMax)
  const fields = new URLSearchParams(new TextDecoder().decode(bytes))
  const one = (name: string) => {
    const [text, ...more] = fields.getAll(name)
    if (more.length > 0) throw invalid(`The field '${name}' is there several times`)
    if (text?.includes('\0')) throw invalid(`The field '${name}' holds a NUL`)
    // Browsers send line ends of two characters.
    return text?.replaceAll('\r\n', '\n')
  }
  return {
    text: (name) => one(name)?.trim() || undefined,
    exact: one,
    isChecked: (name) => one(name) !== undefined,
  }
}

/** What a form says about itself when it is shown again. */
export type FormProblem = {
  readonly message: string
  readonly status: 400 | 403 | 404 | 409 | 501
  /** The name of the field that is wrong. */
  readonly field?: string
}

/** The problem that a page shows beside its form; a refusal gets into the audit log. @throws everything else */
export async function noteProblem(
  c: AppContext,
  err: unknown,
  field?: string,
): Promise<FormProblem> {
  if (!(err instanceof RegistryError)) throw err
  const { code, message } = err
  const status = problemStatus[code]
  if (status === undefined) throw err
  await noteRefusal(c, err)
  return { message, status, ...(field !== undefined && status === 400 && { field }) }
}

const problemStatus: Partial<Record<ErrorCode, FormProblem['status']>> = {
  INVALID_PARAMETER_VALUE: 400,
  BAD_REQUEST: 400,
  RESOURCE_ALREADY_EXISTS: 400,
  PERMISSION_DENIED: 403,
  RESOURCE_DOES_NOT_EXIST: 404,
  RESOURCE_CONFLICT: 409,
  INVALID_STATE_TRANSITION: 409,
  NOT_IMPLEMENTED: 501,
}

/** The message of a refusal, or undefined if there was none. */
export async function findRefusal(rule: void | Promise<void>): Promise<string | undefined> {
  const refused = await attempt('PERMISSION_DENIED', rule)
  return refused?.message
}
