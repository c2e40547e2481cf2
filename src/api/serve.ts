import type { Hono } from 'hono'
import type { z } from 'zod'
import { excerpt, invalid } from '../core/error.ts'
import { readAs } from '../core/explain.ts'
import { checkWholeText } from '../core/names.ts'
import type { AppContext, AppEnv } from '../http/app-env.ts'
import { parseWholeJson, readJsonObject } from '../http/body.ts'
import { admit, guardedHandler, type Rule } from '../http/guards/guard.ts'
import type { Context } from '../platform/context.ts'
import type { Answer, Endpoint, RequestOf } from './endpoints/endpoint.ts'

/** An endpoint with who may call it and what it does. Made by `serve`. */
export type ServedEndpoint = {
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
  rule: Rule<RequestOf<E>>,
  answer: (ctx: Context, req: RequestOf<E>, c: AppContext) => Promise<Answer<E> | Response>,
): ServedEndpoint {
  return {
    endpoint,
    async handle(c) {
      c.set('operation', endpoint.name)
      c.set('changes', endpoint.method !== 'GET' && !endpoint.readOnly)
      const ctx = rule === 'public' ? c.var.ctx : await admit(c)
      const req = await readRequest(endpoint, c)
      c.set('decoded', { ...asObject(req.body), ...asObject(req.params) })
      if (rule !== 'public') await rule(ctx, req, c)
      const reply = await answer(ctx, req, c)
      return reply instanceof Response ? reply : c.json(reply as object, endpoint.status ?? 200)
    },
  }
}

/** Put endpoints on an application. */
export function mount(app: Hono<AppEnv>, served: readonly ServedEndpoint[]): void {
  for (const { endpoint, handle } of served) {
    app.on(endpoint.method, honoPath(endpoint.path), guardedHandler(handle))
  }
}

async function readRequest<E extends Endpoint>(endpoint: E, c: AppContext): Promise<RequestOf<E>> {
  const { params, query, body } = endpoint
  // The schemas are those of E, which is what makes their outputs Asked<E>.
  return {
    params: params && parsed(params, wholeTexts(c.req.param())),
    query: query && parsed(query, wholeTexts(queryOf(c))),
    body: body && parsed(body, await readJsonObject(c, parseShallow)),
  } as RequestOf<E>
}

/** Of lists and objects in a body: what is kept of it is written as JSON again, for which engines have less room. */
const levelsMax = 100

function parseShallow(text: string): unknown {
  return parseWholeJson(text, levelsMax)
}

function asObject(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {}
}

/** A query string as an object: a key that is repeated has a list. */
function queryOf(c: AppContext): Record<string, unknown> {
  const given: Record<string, string | string[]> = Object.create(null)
  for (const [key, values] of Object.entries(c.req.queries())) {
    given[key] = values.length === 1 && values[0] !== undefined ? values[0] : values
  }
  return given
}

function wholeTexts(values: Readonly<Record<string, unknown>>): object {
  for (const [key, value] of Object.entries(values)) {
    checkWholeText(key, key)
    for (const item of [value].flat()) if (typeof item === 'string') checkWholeText(item, key)
  }
  return values
}

/** `value`, parsed by `schema`. @throws INVALID_PARAMETER_VALUE the message names the field */
export function parsed<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const read = readAs(schema, value)
  if ('value' in read) return read.value
  const field = read.field === '' ? 'the request' : `'${excerpt(read.field)}'`
  throw invalid(`Invalid value for ${field}: ${excerpt(read.problem, 500)}`)
}

function honoPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1')
}
