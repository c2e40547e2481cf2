import type { z } from 'zod'
import { invalid } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import type { ArnPlace } from '../../registry/packages/package-arn.ts'

/** One action of SageMaker's API, as the dialect serves it. */
export type SageMakerAction = {
  readonly name: string
  /** Whether it only reads. */
  readonly reads: boolean
  /** @param body the JSON object that was sent @returns undefined: the answer has no body */
  run(ctx: Context, place: ArnPlace, body: SentBody): Promise<object | undefined>
}

/** The request as a JSON object, and as the text that was sent. */
export type SentBody = { readonly members: object; readonly text: string }

/**
 * An action: the shape of its request, the rule who may, and the answer.
 *
 * @param parts.request of the server's account, which ARNs are read with
 * @param parts.rule throws PERMISSION_DENIED; both get the decoded request
 */
export function action<S extends z.ZodType>(
  name: string,
  parts: {
    readonly reads: boolean
    readonly request: (account: string) => S
    readonly rule: (ctx: Context, req: z.output<S>) => void | Promise<void>
    readonly answer: (
      ctx: Context,
      req: z.output<S>,
      sent: { readonly place: ArnPlace; readonly text: string },
    ) => Promise<object | undefined>
  },
): SageMakerAction {
  // A server has one account, so its shape is made once.
  const shapes = new Map<string, S>()
  const shapeFor = (account: string) => {
    const shape = shapes.get(account) ?? parts.request(account)
    shapes.set(account, shape)
    return shape
  }
  return {
    name,
    reads: parts.reads,
    async run(ctx, place, { members, text }) {
      const req = decoded(shapeFor(place.account), members)
      await parts.rule(ctx, req)
      return parts.answer(ctx, req, { place, text })
    },
  }
}

function decoded<S extends z.ZodType>(shape: S, members: object): z.output<S> {
  const read = shape.safeParse(members)
  if (read.success) return read.data
  const told = read.error.issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.map(String).join('.') || 'request'}: ${message}`)
  throw invalid(`Invalid request: ${told.join('; ')}`)
}

/** Times are seconds as a number. */
export function secondsOf(ms: number): number {
  return ms / 1000
}
