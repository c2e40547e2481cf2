import type { Outbound, OutboundAnswer, OutboundRequest } from '../../src/platform/outbound.ts'
import type { Json } from './client.ts'

export type Received = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly json: Json
}

/** What a receiver answers; what it leaves out is `200 ok`. */
type Answers = (
  request: OutboundRequest,
) => Partial<OutboundAnswer> | Promise<Partial<OutboundAnswer>>

/** Stands for the Internet: takes requests, and answers as it is told. */
export class Receivers implements Outbound {
  readonly parallelMax = 8
  readonly received: Received[] = []
  #answer: Answers = () => ({})

  answer(answer: Answers): void {
    this.#answer = answer
  }

  async post(request: OutboundRequest): Promise<OutboundAnswer> {
    const { url, headers, body } = request
    this.received.push({ url: url.href, headers, body, json: JSON.parse(body) })
    return { status: 200, retryAfter: undefined, excerpt: 'ok', ...(await this.#answer(request)) }
  }

  async resolve(): Promise<readonly string[]> {
    return ['93.184.216.34']
  }

  /** What came to the path `/name`. */
  at(name: string): Received[] {
    return this.received.filter(({ url }) => new URL(url).pathname === `/${name}`)
  }
}
