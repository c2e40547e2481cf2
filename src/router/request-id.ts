/** What an answer's `X-Gatehouse-Request-Id` tells, for outcomes that are reported later. */
type RequestIdParts = {
  /** When the request came, Unix milliseconds. */
  readonly atMs: number
  /** `deployments.id`, which is never given again. */
  readonly deployment: number
  /** That of the split by which the variant was chosen. */
  readonly revision: number
  /** The version that answered; 0 where only the scorer knows. */
  readonly version: number
  readonly variant: string
}

/** An id that no other request has, and that leads to the variant without a row for each request. */
export function makeRequestId(parts: RequestIdParts): string {
  const { atMs, deployment, revision, version, variant } = parts
  return `${Math.floor(atMs).toString(36)}-${randomHex()}-${deployment}-${revision}-${version}-${variant}`
}

function randomHex(): string {
  const words = crypto.getRandomValues(new Uint32Array(2))
  return [...words].map((word) => word.toString(16).padStart(8, '0')).join('')
}
