import {
  type Collected,
  type Collector,
  collectBlobs,
  collectLeftovers,
  collectOrphans,
  collectUploads,
} from '../../artifacts/collect.ts'
import { type Purged, purgeDeleted } from '../../tracking/purge.ts'
import { sourceDeletable } from '../versions/deletable.ts'
import { collectManifests } from './collect-manifests.ts'

export type Garbage = {
  /** Undefined: nothing was to be purged. */
  readonly purged: Purged | undefined
  readonly manifests: number
  readonly blobs: Collected
  readonly uploads: number
  readonly orphans: number
  readonly leftovers: number
}

/**
 * Remove all that nothing refers to, and nothing else, beside a server at work. May be stopped or
 * killed at any moment: the next run finishes the job.
 *
 * @param purgeBeforeMs also delete for good what was deleted before this time, and what no version
 *   that must be kept came from
 * @param guarded versions that must be kept besides those under a hold, by `model_versions.id`
 */
export async function collectGarbage(
  collector: Collector,
  purgeBeforeMs?: number,
  guarded: readonly number[] = [],
): Promise<Garbage> {
  const purged =
    purgeBeforeMs === undefined
      ? undefined
      : await purgeDeleted(collector, purgeBeforeMs, sourceDeletable(guarded))
  return {
    purged,
    manifests: await collectManifests(collector),
    blobs: await collectBlobs(collector),
    uploads: await collectUploads(collector),
    orphans: await collectOrphans(collector),
    leftovers: await collectLeftovers(collector),
  }
}
