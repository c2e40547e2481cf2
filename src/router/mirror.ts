import { compareAnswers } from './compare-answers.ts'
import { idHeader, keptHeaders } from './headers.ts'
import type { Router, VariantRoute } from './router.ts'

/** Larger requests and answers are not mirrored. */
const bytesMax = 256 * 1024
/** Of all copies that are kept at a time. */
const bytesMaxOfAll = 16 * 1024 * 1024
/** Requests that a shadow has at a time; what comes meanwhile is skipped. */
const runningMax = 16

/** Where a shadow answers. */
export type ShadowTarget = {
  readonly version: number
  /** Without the path of the request. */
  readonly url: string
  /** Note that a request begins; the answer is to be called when it has ended. */
  readonly begin?: () => () => void
}

export type ShadowTerms = {
  /** How long a shadow may take. */
  readonly msMax: number
  /** Undefined: nothing is live there, and the copy is skipped. */
  readonly target: (shadow: string) => ShadowTarget | undefined
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
}

/** What the shadows get of a request, besides its body. */
type Original = {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: [string, string][]
}

type Copied = Original & { readonly body: Blob; readonly given: string }

/** Copies of requests for shadows. Whatever they do, callers are answered as if there were none. */
export class Shadows {
  readonly #router: Router
  readonly #terms: ShadowTerms
  readonly #running = new Map<string, number>()
  #bytes = 0

  constructor(router: Router, terms: ShadowTerms) {
    this.#router = router
    this.#terms = terms
  }

  /** A copy to fill while the request passes by; undefined: no shadow wants one. */
  begin(route: VariantRoute<unknown>): Mirror | undefined {
    return route.shadows.length > 0 ? new Mirror(this, route) : undefined
  }

  /** Whether there is room for so many bytes more; then they are taken. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > bytesMaxOfAll) return false
    this.#bytes += bytes
    return true
  }

  give(bytes: number): void {
    this.#bytes -= bytes
  }

  skip(shadow: string): void {
    const version = this.#terms.target(shadow)?.version ?? 0
    this.#router.tally.countSkipped({ kind: 'shadow', name: shadow, version })
  }

  /** Ask a shadow, and count what it answers. Never rejects. */
  async ask(shadow: string, copied: Copied): Promise<void> {
    const target = this.#terms.target(shadow)
    const running = this.#running.get(shadow) ?? 0
    if (!target || running >= runningMax) return this.skip(shadow)
    this.#running.set(shadow, running + 1)
    const counted = { kind: 'shadow', name: shadow, version: target.version } as const
    const begunMs = this.#router.now()
    const end = target.begin?.()
    const answer = await this.#answerOf(target, copied)
    end?.()
    const ms = this.#router.now() - begunMs
    this.#running.set(shadow, (this.#running.get(shadow) ?? 1) - 1)
    const { tally } = this.#router
    tally.countAnswer(counted, { status: answer?.status, ms })
    if (!answer || answer.status >= 300) return
    const comparison = compareAnswers(copied.given, answer.text)
    if (comparison) tally.countCompared(counted, comparison)
  }

  /** @returns undefined: none that is whole */
  async #answerOf(
    target: ShadowTarget,
    { method, path, headers, body }: Copied,
  ): Promise<{ readonly status: number; readonly text: string } | undefined> {
    const ended = new AbortController()
    const timer = setTimeout(() => ended.abort(), this.#terms.msMax)
    try {
      const res = await this.#terms.fetch(target.url + path, {
        ...{ method, headers, body, redirect: 'manual', signal: ended.signal },
      })
      return { status: res.status, text: await readText(res) }
    } catch {
      // A shadow that fails is counted, and nobody waits for it.
      return undefined
    } finally {
      clearTimeout(timer)
    }
  }
}

/** `fetch` says by itself how long the body is, and for whom it is; it reads what it asks for. */
const saidAnew = new Set(['content-length', 'host', 'accept-encoding'])

function headersOfCopy(
  headers: Original['headers'],
  requestId: string | undefined,
): [string, string][] {
  return [
    ...keptHeaders(headers).filter(([name]) => !saidAnew.has(name.toLowerCase())),
    ...idHeader(requestId),
  ]
}

/** One that is larger than any answer with which it is compared ends early. */
async function readText(res: Response): Promise<string> {
  const parts: Uint8Array<ArrayBuffer>[] = []
  let bytes = 0
  for await (const part of res.body ?? []) {
    parts.push(part)
    bytes += part.byteLength
    if (bytes > bytesMax) break
  }
  return new Blob(parts).text()
}

type Copy = { readonly parts: Uint8Array<ArrayBuffer>[]; bytes: number }

/** A request and its answer as they pass by, as far as they are small enough for the shadows. */
export class Mirror {
  readonly #shadows: Shadows
  readonly #route: VariantRoute<unknown>
  readonly #request: Copy = { parts: [], bytes: 0 }
  readonly #answer: Copy = { parts: [], bytes: 0 }
  #isOver = false

  constructor(shadows: Shadows, route: VariantRoute<unknown>) {
    this.#shadows = shadows
    this.#route = route
  }

  /** Whether no more is wanted: it was too large, or has been sent. */
  get isOver(): boolean {
    return this.#isOver
  }

  addToRequest(part: Uint8Array): void {
    this.#add(this.#request, part)
  }

  addToAnswer(part: Uint8Array): void {
    this.#add(this.#answer, part)
  }

  /** There is nothing to compare with: no answer came, or its reader went away. */
  drop(): void {
    if (this.#isOver) return
    this.#end()
    for (const shadow of this.#route.shadows) this.#shadows.skip(shadow)
  }

  /**
   * The caller has the answer: send the copy to the shadows.
   *
   * @returns when they have answered; never rejects
   */
  async send(original: Original): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    const { requestId, shadows } = this.#route
    const body = new Blob(this.#request.parts)
    const given = await new Blob(this.#answer.parts).text()
    const headers = headersOfCopy(original.headers, requestId)
    await Promise.all(
      shadows.map((shadow) => this.#shadows.ask(shadow, { ...original, headers, body, given })),
    )
    this.#end()
  }

  #add(copy: Copy, part: Uint8Array): void {
    if (this.#isOver) return
    const isSmall = copy.bytes + part.byteLength <= bytesMax
    if (!isSmall || !this.#shadows.take(part.byteLength)) {
      this.drop()
      return
    }
    copy.bytes += part.byteLength
    copy.parts.push(new Uint8Array(part))
  }

  #end(): void {
    this.#isOver = true
    for (const copy of [this.#request, this.#answer]) {
      this.#shadows.give(copy.bytes)
      copy.bytes = 0
      copy.parts.length = 0
    }
  }
}
