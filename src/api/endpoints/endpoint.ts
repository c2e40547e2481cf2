import type { z } from 'zod'

/**
 * One endpoint of our own surface: what the server validates by, the OpenAPI document is made from,
 * and the typed client calls. Bodies are strict objects, so that a misspelt field is refused. What a
 * field means is said by `describe`, which the document and the page of the API show.
 */
export type Endpoint<
  P extends z.ZodType = z.ZodType,
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  A extends z.ZodType = z.ZodType,
> = {
  /** `operationId`, a verb phrase: `listGroups`. */
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With parameters in braces: `/api/v1/groups/{name}`. */
  readonly path: string
  /** What it belongs to, for the reader of the document: `groups`. */
  readonly tag: string
  /** One line, and what there is more to say. */
  readonly summary: string
  readonly description?: string
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  /** It changes nothing although it is no GET: an access token needs but the scope `read`. */
  readonly readOnly?: true
  /** Of a good answer; 200 where it is not given. */
  readonly status?: 200 | 201
  /** A JSON answer; `{}` is `z.object({})`. */
  readonly answer: A
  /** The media type of an answer that is no JSON: `text/event-stream`. */
  readonly media?: string
}

/** Declare an endpoint; the types of its parts are kept. */
export function endpoint<
  P extends z.ZodType = z.ZodUndefined,
  Q extends z.ZodType = z.ZodUndefined,
  B extends z.ZodType = z.ZodUndefined,
  A extends z.ZodType = z.ZodType,
>(declared: Endpoint<P, Q, B, A>): Endpoint<P, Q, B, A> {
  return declared
}

/** What a caller sends, after validation. */
export type Asked<E> =
  E extends Endpoint<infer P, infer Q, infer B, z.ZodType>
    ? { readonly params: z.output<P>; readonly query: z.output<Q>; readonly body: z.output<B> }
    : never

/** What the server answers. */
export type Answer<E> =
  E extends Endpoint<z.ZodType, z.ZodType, z.ZodType, infer A> ? ReadonlyDeep<z.input<A>> : never

/** Answers are only written out, so whoever makes one may hand over what nobody may change. */
export type ReadonlyDeep<T> = T extends readonly (infer I)[]
  ? readonly ReadonlyDeep<I>[]
  : T extends object
    ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> }
    : T
