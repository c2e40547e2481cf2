import type { Hono } from 'hono'
import type { z } from 'zod'
import { excerpt, invalid } from '../core/error.ts'
import type { AppContext, AppEnv } from '../http/app-env.ts'
import { admit, guardedHandler, type Rule } from '../http/guard.ts'
import { jsonObject } from '../http/json-body.ts'
import type { Context } from '../platform/context.ts'
import type { Answer, Asked, Endpoint } from './endpoints/endpoint.ts'

/** An endpoint with who may call it and what it does. Made by `serve`. */
export type Served = {
  readonly endpoint: Endpoint
  handle(c: AppContext): Promise<Response>
}

/**
 * Serve an endpoint: let the caller in, validate, judge the rule on the validated values, answer.
 *
 * @param answer the reply as JSON, or a Response where the endpoint has another media type
 */
export function serve<E extends Endpoint>(
  endpoint: E,
  rule: Rule<Asked<E>>,
  answer: (ctx: Context, asked: Asked<E>, c: AppContext) => Promise<Answer<E> | Response>,
): Served {
  return {
    endpoint,
    async handle(c) {
      c.set('operation', endpoint.name)
      c.set('changes', endpoint.method !== 'GET' && !endpoint.readOnly)
      const ctx = rule === 'public' ? c.var.ctx : await admit(c)
      const asked = await askedOf(endpoint, c)
      c.set('asked', { ...asObject(asked.body), ...asObject(asked.params) })
      if (rule !== 'public') await rule(ctx, asked, c)
      const reply = await answer(ctx, asked, c)
      return reply instanceof Response ? reply : c.json(reply as object, endpoint.status ?? 200)
    },
  }
}

/** Put endpoints on an application. */
export function mount(app: Hono<AppEnv>, served: readonly Served[]): void {
  for (const { endpoint, handle } of served) {
    app.on(endpoint.method, honoPath(endpoint.path), guardedHandler(handle))
  }
}

async function askedOf<E extends Endpoint>(endpoint: E, c: AppContext): Promise<Asked<E>> {
  const { params, query, body } = endpoint
  // The schemas are those of E, which is what makes their outputs Asked<E>.
  return {
    params: params && parsed(params, c.req.param()),
    query: query && parsed(query, queryOf(c)),
    body: body && parsed(body, await jsonObject(c, parseJson)),
  } as Asked<E>
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}

/** A query string as an object: a key that is repeated has a list. */
function queryOf(c: AppContext): object {
  const given: Record<string, string | string[]> = Object.create(null)
  for (const [key, values] of Object.entries(c.req.queries())) {
    given[key] = values.length === 1 && values[0] !== undefined ? values[0] : values
  }
  return given
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (err) {
    throw invalid('The request body is not valid JSON', { cause: err })
  }
}

/** `value` as `schema` has it. @throws INVALID_PARAMETER_VALUE it is none; the message names the field */
export function parsed<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const field = issue?.path.length ? `'${excerpt(issue.path.join('.'))}'` : 'the request'
  throw invalid(`Invalid value for ${field}: ${excerpt(issue?.message ?? '', 500)}`)
}

function honoPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1')
}
