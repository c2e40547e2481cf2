import { answerHeaders, idHeader } from './headers.ts'
import { makeRequestId } from './request-id.ts'
import { chooseVariant, type Split } from './split.ts'
import { RequestTally } from './tally.ts'

/** A split, and of which deployment it is; undefined: of none. */
export type RoutedSplit = Split & {
  readonly id?: number | undefined
  readonly revision?: number | undefined
}

/** The variant that answers a request. */
export type VariantRoute<T> = {
  readonly target: T
  readonly variant: string
  /** 0 where only the scorer knows. */
  readonly version: number
  /** Undefined: the split is of no deployment. */
  readonly requestId: string | undefined
  /** Names of the shadows that get a copy. */
  readonly shadows: readonly string[]
  /** A request for a prediction, and no ping or page of a scorer: it is counted and mirrored. */
  readonly isCounted: boolean
}

type AnswerEnd = { readonly status: number | undefined; readonly ms: number }
type OnAnswer = (of: { readonly variant: string; readonly version: number }, end: AnswerEnd) => void

type Asked = {
  readonly method: string
  /** The value of a header; undefined: it is not there. */
  readonly header: (name: string) => string | undefined
}

/** Chooses who answers a request, and counts what came of it. It sends nothing by itself. */
export class Router {
  readonly tally = new RequestTally()
  readonly now: () => number
  readonly #random: () => number
  readonly #onAnswer: OnAnswer | undefined
  #split: RoutedSplit = { variants: [] }

  constructor({
    now,
    random,
    onAnswer,
  }: {
    readonly now: () => number
    readonly random: () => number
    /** Told of each answer that is counted. */
    readonly onAnswer?: OnAnswer | undefined
  }) {
    this.now = now
    this.#random = random
    this.#onAnswer = onAnswer
  }

  /** Split by these from now on. What was counted of another deployment is forgotten. */
  apply(split: RoutedSplit): void {
    if (split.id !== this.#split.id) this.tally.take()
    this.#split = split
  }

  /** How requests are split now. */
  get split(): RoutedSplit {
    return this.#split
  }

  /**
   * A variant that is live, by weight: where one is not, the others take its share.
   *
   * @param live what answers for a variant; undefined: nothing does
   */
  choose<T extends { readonly version: number }>(
    { method, header }: Asked,
    live: (variant: string) => T | undefined,
  ): VariantRoute<T> | undefined {
    const { variants, shadows = [], sticky, id, revision = 0 } = this.#split
    const candidates = variants.flatMap(({ name, weight }) => {
      const target = live(name)
      return target ? [{ name, weight, target }] : []
    })
    const chosen = chooseVariant(candidates, sticky && header(sticky.header), this.#random)
    if (!chosen) return undefined
    const { name: variant, target } = chosen
    const { version } = target
    const isCounted = method === 'POST'
    return {
      target,
      variant,
      version,
      isCounted,
      requestId:
        id === undefined
          ? undefined
          : makeRequestId({ atMs: this.now(), deployment: id, revision, version, variant }),
      shadows: isCounted
        ? shadows.flatMap(({ name, sample }) => (this.#random() < sample ? [name] : []))
        : [],
    }
  }

  /**
   * Count what a variant answered.
   *
   * @param end.status undefined: nothing, or an answer that broke off
   * @param end.ms from the end of the request to the begin of the answer
   */
  count(
    { variant, version, isCounted }: Omit<VariantRoute<unknown>, 'target'>,
    end: AnswerEnd,
  ): void {
    if (!isCounted) return
    this.tally.countAnswer({ kind: 'variant', name: variant, version }, end)
    this.#onAnswer?.({ variant, version }, end)
  }
}

/** What an answer tells of its route, by names and values. */
export function headersOfAnswer(route: Omit<VariantRoute<unknown>, 'target'>): [string, string][] {
  const { version, variant, requestId } = route
  const told: [string, string][] = []
  if (version !== 0) told.push([answerHeaders.version, String(version)])
  if (requestId !== undefined) told.push([answerHeaders.variant, variant])
  return [...told, ...idHeader(requestId)]
}
