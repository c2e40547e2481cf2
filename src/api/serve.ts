import type { Hono } from 'hono'
import type { z } from 'zod'
import { excerpt, invalid, RegistryError } from '../core/error.ts'
import { readAs } from '../core/explain.ts'
import { measureJson } from '../core/measure-json.ts'
import type { AppContext, AppEnv } from '../http/app-env.ts'
import { checkJsonSize, readJsonObject } from '../http/body.ts'
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
    body: body && parsed(body, await readJsonObject(c, parseJson)),
  } as RequestOf<E>
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

/** Escapes of a NUL, or of half of a character. */
const hardEscapes = /\\u(?:0000|d[89a-f])/i

function parseJson(text: string): unknown {
  const isHard = hardEscapes.test(text)
  checkJsonSize(measureJson(text), isHard)
  try {
    return isHard ? JSON.parse(text, wholeText) : JSON.parse(text)
  } catch (err) {
    if (err instanceof RegistryError) throw err
    throw invalid('The request body is not valid JSON', { cause: err })
  }
}

function wholeTexts(values: Readonly<Record<string, unknown>>): object {
  for (const [key, value] of Object.entries(values)) {
    for (const item of [value].flat()) wholeText(key, item)
  }
  return values
}

/** Text that a database can hold: libSQL ends the process over half of a character inside JSON. */
function wholeText(key: string, value: unknown): unknown {
  for (const text of [key, value]) {
    if (typeof text !== 'string' || (text.isWellFormed() && !text.includes('\0'))) continue
    throw invalid(`Invalid value for '${excerpt(key)}': it holds a NUL or a lone surrogate`)
  }
  return value
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
