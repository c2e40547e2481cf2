/** A request to a receiver that a user named. */
export type OutboundRequest = {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** From the look-up of the name to the last byte that is read. */
  readonly timeoutMs: number
  /**
   * Whether this address may be connected to; the runtime that can tells each that it would use.
   *
   * @param address as text, IPv4 or IPv6
   */
  allows(address: string): boolean
}

export type OutboundAnswer = {
  readonly status: number
  /** The header as it came. */
  readonly retryAfter: string | undefined
  /** The beginning of the body, at most `excerptBytesMax` bytes of it. */
  readonly excerpt: string
}

/** What is read of an answer's body at most, and how long it is waited for. */
export const excerptBytesMax = 2048
export const excerptWaitMs = 2000

/** The receiver could not be asked. */
export class OutboundError extends Error {
  override name = 'OutboundError'
  constructor(
    /** `refused`: its address may not be reached; trying again changes nothing. */
    readonly kind: 'refused' | 'unreachable' | 'timeout',
    /** For the delivery log: without the URL, which may hold a secret. */
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** How the server calls others: never through a proxy, never along a redirect. */
export interface Outbound {
  /** How many requests may be under way at once. */
  readonly parallelMax: number
  /** POST once. @throws OutboundError no answer came */
  post(request: OutboundRequest): Promise<OutboundAnswer>
  /**
   * The addresses of a host name; undefined where the runtime cannot tell.
   *
   * @throws OutboundError it has none
   */
  resolve(host: string): Promise<readonly string[] | undefined>
}
