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

const form = /^([0-9a-z]{1,9})-([0-9a-f]{16})-(\d{1,15})-(\d{1,15})-(\d{1,15})-([\w.-]{1,64})$/
/** Of the 16: as many as a number holds. */
const randomDigits = 13

/**
 * What an id says. It is not signed: anybody may make one that looks like it.
 *
 * @returns `random` has 52 of its random bits: with `atMs` they tell one request from the others; undefined:
 *   no router made it
 */
export function readRequestId(
  text: string,
): (RequestIdParts & { readonly random: number }) | undefined {
  const [, at = '', random = '', deployment, revision, version, variant] = form.exec(text) ?? []
  if (variant === undefined) return undefined
  return {
    atMs: Number.parseInt(at, 36),
    random: Number.parseInt(random.slice(0, randomDigits), 16),
    deployment: Number(deployment),
    revision: Number(revision),
    version: Number(version),
    variant,
  }
}

function randomHex(): string {
  const words = crypto.getRandomValues(new Uint32Array(2))
  return [...words].map((word) => word.toString(16).padStart(8, '0')).join('')
}
