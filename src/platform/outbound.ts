/** A request to a receiver that a user named. */
export type OutboundRequest = {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** From the look-up of the name to the last byte that is read. */
  readonly timeoutMs: number
  /**
   * Whether this address may be connected to; asked for each address where the runtime knows it.
   *
   * @param address as text, IPv4 or IPv6
   */
  allows(address: string): boolean
}

export type OutboundAnswer = {
  readonly status: number
  /** The header, unparsed. */
  readonly retryAfter: string | undefined
  /** The beginning of the body, at most `excerptBytesMax` bytes of it. */
  readonly excerpt: string
}

/** How much of an answer's body is read at most, and how long that may take. */
export const excerptBytesMax = 2048
export const excerptWaitMs = 2000

/** No answer came from the receiver. */
export class OutboundError extends Error {
  override name = 'OutboundError'
  constructor(
    /** `refused`: its address may not be reached; trying again changes nothing. */
    readonly kind: 'refused' | 'unreachable' | 'timeout',
    /** For the delivery log: without the URL, which may contain a secret. */
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

/** How this server calls other servers: it uses no proxy and follows no redirect. */
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
