import type { z } from 'zod'

/**
 * One endpoint of our own surface. The server validates by it, the OpenAPI document is made from
 * it, and the typed client calls it. Bodies are strict objects, so that a misspelt field is
 * refused. `describe` says what a field means; the document and the page of the API show it.
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
  /** The group that the document lists it under: `groups`. */
  readonly tag: string
  /** One line, then further details. */
  readonly summary: string
  readonly description?: string
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  /** It changes nothing although it is no GET: the scope `read` is enough for an access token. */
  readonly readOnly?: true
  /** Status of a successful answer; 200 by default. */
  readonly status?: 200 | 201
  /** A JSON answer; `{}` is `z.object({})`. */
  readonly answer: A
  /** The media type of an answer that is not JSON: `text/event-stream`. */
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
export type RequestOf<E> =
  E extends Endpoint<infer P, infer Q, infer B, z.ZodType>
    ? { readonly params: z.output<P>; readonly query: z.output<Q>; readonly body: z.output<B> }
    : never

/** What the server answers. */
export type Answer<E> =
  E extends Endpoint<z.ZodType, z.ZodType, z.ZodType, infer A> ? ReadonlyDeep<z.input<A>> : never

/** Answers are only written out, so they may be made of readonly values. */
export type ReadonlyDeep<T> = T extends readonly (infer I)[]
  ? readonly ReadonlyDeep<I>[]
  : T extends object
    ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> }
    : T
