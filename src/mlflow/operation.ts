import { excerpt, invalid } from '../core/error.ts'
import type { AppContext } from '../http/app-env.ts'
import { admit, type Rule } from '../http/guards/guard.ts'
import { jsonObject } from '../http/json-body.ts'
import type { Context } from '../platform/context.ts'
import { dialectOperations } from './surface.ts'
import { parseJson } from './wire/json.ts'
import { type Decoded, decode, type Field, type Fields, type Message } from './wire/message.ts'

/** One operation of MLflow's REST surface, by its name in surface.json. */
export type Operation = {
  readonly name: string
  /** The message it takes; absent where it reads the request itself. */
  readonly request?: Message<Fields>
  handle(c: AppContext): Promise<Response>
}

/**
 * An operation that takes a message and answers one: the query string of a GET, and of a DELETE in
 * Databricks' dialect that has no body; a JSON body of all else. Path parameters count as fields too
 * and win over both.
 *
 * @param rule who may; judged on the decoded message
 * @param answer the reply in wire form; absent for the empty object
 */
export function operation<const F extends Fields>(
  name: string,
  rule: Rule<Decoded<F>>,
  request: Message<F>,
  answer: (
    ctx: Context,
    req: Decoded<F>,
    c: AppContext,
  ) => Promise<object | undefined> | Promise<void>,
): Operation {
  return {
    name,
    request,
    async handle(c) {
      const ctx = rule === 'public' ? c.var.ctx : await admit(c)
      const req = decode(request, withPathParams(c, await given(c, request), request))
      c.set('asked', req)
      if (rule !== 'public') await rule(ctx, req, c)
      return c.json((await answer(ctx, req, c)) ?? {})
    },
  }
}

/** An operation that reads the request and writes the response itself: file bodies. */
export function rawOperation(
  name: string,
  rule: Rule<AppContext>,
  handle: (c: AppContext) => Promise<Response>,
): Operation {
  return {
    name,
    async handle(c) {
      if (rule !== 'public') await rule(await admit(c), c, c)
      return handle(c)
    },
  }
}

async function given(c: AppContext, request: Message<Fields>): Promise<object> {
  if (c.req.method === 'GET') return queryObject(c, request)
  const body = await jsonObject(c, parseJson)
  const isEmpty = Object.keys(body).length === 0
  return isEmpty && c.req.method === 'DELETE' && inDialect(c) ? queryObject(c, request) : body
}

/**
 * MLflow takes the fields of a DELETE in its body alone, and Databricks' SDK sends them in the query,
 * to MLflow's own operations too: those are told apart by who calls.
 */
function inDialect(c: AppContext): boolean {
  const isSdk = /\bdatabricks-sdk-/.test(c.req.header('User-Agent') ?? '')
  return isSdk || dialectOperations.has(c.var.operation ?? '')
}

/** A query string in the form of a JSON body: repeated keys are lists, `true` is a boolean. */
function queryObject(c: AppContext, request: Message<Fields>): object {
  const query = new URL(c.req.url).searchParams
  const given: Record<string, unknown> = Object.create(null)
  for (const key of new Set(query.keys())) {
    const values = query.getAll(key)
    const field = Object.hasOwn(request.fields, key) ? request.fields[key] : undefined
    given[key] = field ? queryValue(field, key, values) : values[0]
  }
  return given
}

function queryValue(field: Field, key: string, values: readonly string[]): unknown {
  if (field.repeated) return values
  if (values.length > 1) throw invalid(`Parameter '${key}' is given ${values.length} times`)
  if (field.type !== 'bool') return values[0]
  const text = values[0]?.toLowerCase()
  if (text !== 'true' && text !== 'false') {
    throw invalid(
      `Invalid value '${excerpt(values[0] ?? '')}' for parameter '${key}': expected true or false`,
    )
  }
  return text === 'true'
}

function withPathParams(c: AppContext, given: object, request: Message<Fields>): object {
  const params = Object.entries(c.req.param()).filter(([key]) => Object.hasOwn(request.fields, key))
  return params.length === 0 ? given : { ...given, ...Object.fromEntries(params) }
}
