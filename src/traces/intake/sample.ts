import type { Texts } from '../texts.ts'

/** A tag, an attribute, or one of the resource, that keeps a trace whatever is sampled. */
const keepName = 'gatehouse.keep'

/**
 * Whether a trace is among the share that is kept. It depends on its id alone, so all its spans and its
 * info fare alike, wherever and whenever they arrive.
 *
 * @param rate 0 to 1
 */
export function isSampled(traceId: string, rate: number): boolean {
  if (rate >= 1) return true
  // FNV-1a, and what MurmurHash ends with: ids that differ little lie far apart.
  let hash = 0x811c9dc5
  for (let i = 0; i < traceId.length; i++) {
    hash = Math.imul(hash ^ traceId.charCodeAt(i), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32 < rate
}

/** Whether tags, metadata, attributes or a resource ask to keep their trace. */
export function asksToKeep(texts: Readonly<Record<string, unknown>>): boolean {
  const asked = Object.hasOwn(texts, keepName) ? texts[keepName] : undefined
  return asked === true || asked === 'true'
}

/** Whether what a client says of a trace keeps it: it is part of a run, was judged, or is to be kept. */
export function isInfoKept({
  tags,
  metadata,
  assessments,
}: {
  readonly tags: Texts
  readonly metadata: Texts
  readonly assessments: readonly unknown[]
}): boolean {
  return (
    asksToKeep(tags) ||
    asksToKeep(metadata) ||
    assessments.length > 0 ||
    metadata['mlflow.sourceRun'] !== undefined ||
    tags['mlflow.eval.requestId'] !== undefined
  )
}
