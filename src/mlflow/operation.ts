import { invalid } from '../core/error.ts'
import { messages } from '../core/messages.ts'
import type { AppContext } from '../http/app-env.ts'
import { readJsonObject } from '../http/body.ts'
import { admit, type Rule } from '../http/guards/guard.ts'
import { sendJson } from '../http/send-json.ts'
import type { Context } from '../platform/context.ts'
import { replaceForeignIds } from './foreign-experiments.ts'
import { dialectOperations } from './surface.ts'
import { parseAsWritten, parseJson } from './wire/json.ts'
import { type Decoded, decode, type Field, type Fields, type Message } from './wire/message.ts'

/** One operation of MLflow's REST surface, by its name in surface.json. */
export type Operation = {
  readonly name: string
  /** The message it takes; absent if it reads the request itself. */
  readonly request?: Message<Fields>
  /**
   * What it answers to `fields`, judged by its rule: for surfaces that ask the same in other words.
   * Absent if it writes the response itself.
   */
  answer?(c: AppContext, fields: object): Promise<object>
  handle(c: AppContext): Promise<Response>
}

/**
 * What an operation reads of its message before the rule is judged, where that needs the database:
 * the rule and the answer both get the result. Made by `reading`.
 */
type Reading<R> = {
  readonly request: Message<Fields>
  read(ctx: Context, message: unknown): Promise<R>
}

/** A message, and what it stands for: `reading(Transition, readMove)`. */
export function reading<const F extends Fields, R>(
  request: Message<F>,
  read: (ctx: Context, req: Decoded<F>) => Promise<R>,
): Reading<R> {
  // `operation` passes what it decoded by this same message.
  return { request, read: (ctx, decoded) => read(ctx, decoded as Decoded<F>) }
}

/**
 * An operation that takes a message and answers one: the query string of a GET that has one, and of a
 * DELETE in Databricks' dialect that has no body; a JSON body of all other requests, as in MLflow.
 * Path parameters count as fields too and win over both.
 */
export function operation<const F extends Fields>(
  name: string,
  handling: Answered<Decoded<F>> & { readonly request: Message<F> },
): Operation
export function operation<R>(
  name: string,
  handling: Answered<R> & { readonly request: Reading<R> },
): Operation
export function operation<R>(
  name: string,
  handling: Answered<R> & { readonly request: Message<Fields> | Reading<R> },
): Operation {
  const { request: message, rule, answer, status = 200 } = handling
  const request = 'read' in message ? message.request : message
  const judged = async (c: AppContext, decoded: Decoded<Fields>) => {
    const ctx = c.get('ctx')
    // Without a reader R is what the message decodes to, as the first overload says.
    const req = 'read' in message ? await message.read(ctx, decoded) : (decoded as R)
    if (rule !== 'public') await rule(ctx, req, c)
    return (await answer(ctx, req, c)) ?? {}
  }
  return {
    name,
    request,
    async answer(c, fields) {
      return judged(c, decode(request, await replaceForeignIds(c.get('ctx'), request, fields)))
    },
    async handle(c) {
      const ctx = rule === 'public' ? c.get('ctx') : await admit(c)
      const sent = await given(c, request)
      const fields = await replaceForeignIds(ctx, request, sent.fields)
      const decoded = decodeSent(c, request, { ...sent, fields })
      c.set('decoded', decoded)
      const reply = await judged(c, decoded)
      return status === 204 ? c.body(null, status) : sendJson(c, reply, status)
    },
  }
}

type Answered<R> = {
  /** Who may; it gets the same values as `answer`. */
  readonly rule: Rule<R>
  /** Of a successful answer; 200 by default, and 204 has no body. */
  readonly status?: 201 | 204
  /** The reply in wire form; absent for the empty object. */
  readonly answer: (
    ctx: Context,
    req: R,
    c: AppContext,
  ) => Promise<object | undefined> | Promise<void>
}

/** An operation that reads the request and writes the response itself: file bodies. */
export function rawOperation<R>(
  name: string,
  {
    read,
    rule,
    handle,
  }: {
    /** What the request asks for; the rule and `handle` both get it. */
    readonly read: (c: AppContext) => R
    readonly rule: Rule<R>
    readonly handle: (c: AppContext, req: R) => Promise<Response>
  },
): Operation {
  return {
    name,
    async handle(c) {
      if (rule === 'public') return handle(c, read(c))
      const ctx = await admit(c)
      const req = read(c)
      await rule(ctx, req, c)
      return handle(c, req)
    },
  }
}

/** An operation that is open to everybody and whose answer depends on nothing in the request. */
export function publicOperation(
  name: string,
  handle: (c: AppContext) => Promise<Response>,
): Operation {
  return { name, handle }
}

/** What a request has for its message, and the text of its body, empty where the query counts. */
type Sent = { readonly fields: object; readonly text: string }

async function given(c: AppContext, request: Message<Fields>): Promise<Sent> {
  const isGet = c.req.method === 'GET'
  if (isGet && new URL(c.req.url).search !== '') return fromQuery(c, request)
  let text = ''
  const fields = await readJsonObject(c, (body) => {
    text = body
    return parseJson(body)
  })
  const isEmpty = Object.keys(fields).length === 0
  const queryCounts = c.req.method === 'DELETE' && inDialect(c)
  return isEmpty && queryCounts ? fromQuery(c, request) : { fields, text }
}

function fromQuery(c: AppContext, request: Message<Fields>): Sent {
  return { fields: queryObject(c, request), text: '' }
}

/** A longer body is not parsed again for its message. */
const quotedCharsMax = 100_000

/** A refusal quotes numbers as they were written. */
function decodeSent<F extends Fields>(c: AppContext, request: Message<F>, sent: Sent): Decoded<F> {
  try {
    return decode(request, withPathParams(c, sent.fields, request))
  } catch (err) {
    if (sent.text.length > quotedCharsMax || !/\d[.eE]/.test(sent.text)) throw err
    return decode(request, withPathParams(c, Object(parseAsWritten(sent.text)), request))
  }
}

/**
 * MLflow takes the fields of a DELETE in its body alone, and Databricks' SDK sends them in the
 * query, to MLflow's own operations too: those are told apart by who calls.
 */
function inDialect(c: AppContext): boolean {
  const isSdk = /\bdatabricks-sdk-/.test(c.req.header('User-Agent') ?? '')
  return isSdk || dialectOperations.has(c.get('operation') ?? '')
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
      `${messages.wrongBoolean(values[0] ?? '')} for parameter '${key}'; send true or false`,
    )
  }
  return text === 'true'
}

function withPathParams(c: AppContext, given: object, request: Message<Fields>): object {
  const params = Object.entries(c.req.param()).filter(([key]) => Object.hasOwn(request.fields, key))
  return params.length === 0 ? given : { ...given, ...Object.fromEntries(params) }
}
