import { sweepScans } from './artifacts/scan/scan-manifests.ts'
import { hashUploads } from './artifacts/uploads/hash-joined.ts'
import { writeRefusalCounts } from './audit/refusal.ts'
import { sealEntries } from './audit/seal.ts'
import { signMerged } from './bundles/releases/sign-merged.ts'
import { listGuardedVersions } from './governance/moves/guarded-versions.ts'
import { sweepPromotions } from './governance/upkeep/sweep.ts'
import type { Platform } from './platform/context.ts'
import { collectAtHour, purgeUnneeded } from './registry/collect-garbage.ts'
import { fillFacts } from './registry/facts/fill-facts.ts'
import { writeDownloads } from './registry/files/downloads.ts'
import { sweepFlags } from './registry/files/sweep-flags.ts'
import { readAsked } from './registry/files/verify-slowly.ts'
import { traceKeeping } from './registry/versions/deletable.ts'
import { sweepVersions } from './retention/follow-rule.ts'
import { sweepCanaries } from './serving/canary.ts'
import { mergeOldCounts } from './serving/counts/merge-old-counts.ts'
import { sweepDeletedTraces } from './traces/changes/delete-traces.ts'
import { sweepEarlyLinks } from './traces/changes/trace-links.ts'
import { foldTraces } from './traces/folding/fold-traces.ts'
import { sweepRetention } from './traces/retention/sweep-retention.ts'
import { recordWords, sweepWords } from './traces/words/index-packs.ts'
import { fillExtremes } from './tracking/extremes/fill-extremes.ts'
import { foldMetrics } from './tracking/folding/fold-metrics.ts'
import { rankMetrics } from './tracking/ranking/rank-metrics.ts'

/** Work that follows from changes and from time. It may run at any time and in several processes at once. */
type Job = (platform: Platform) => Promise<void>

/**
 * What is done after the replies. Each job runs by itself: none waits for another, and one that fails
 * is tried again at the next run while the others go on. Deliveries of webhooks run beside them, since
 * they wait for other servers.
 */
export const backgroundJobs: readonly Job[] = [
  sealEntries,
  sweepPromotions,
  signMerged,
  writeRefusalCounts,
  fillFacts,
  sweepScans,
  sweepFlags,
  writeDownloads,
  mergeOldCounts,
  sweepCanaries,
  sweepDeletedTraces,
  sweepEarlyLinks,
  foldTraces,
  recordWords,
  foldMetrics,
  fillExtremes,
  rankMetrics,
]

/** Short, since a server that stops waits for what its jobs do; the next run comes at once. */
const readForMs = 2000

/** What a process with a loop does after the replies; the cron trigger of a Worker has more time at once. */
export const loopJobs: readonly Job[] = [
  ...backgroundJobs,
  (platform) => hashUploads(platform, readForMs),
  (platform) => readAsked(platform, { forMs: readForMs }),
]

/**
 * Run every job once, for who has no loop.
 *
 * @throws AggregateError what went wrong, after all of them have ended
 */
export function runBackgroundWork(platform: Platform): Promise<void> {
  return runEach(backgroundJobs, platform)
}

async function runEach(jobs: readonly Job[], platform: Platform): Promise<void> {
  const ends = await Promise.allSettled(jobs.map((job) => job(platform)))
  const failures = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
  if (failures.length === 1) throw failures[0]
  if (failures.length > 1) throw new AggregateError(failures, 'several jobs failed')
}

/**
 * What is done once an hour, in processes at once too: a part of what fills the store for nothing, and
 * traces and versions that are kept no longer.
 *
 * @throws AggregateError as `runBackgroundWork`
 */
export function runHourlyWork(platform: Platform): Promise<void> {
  return runEach(
    [
      purgeThisHour,
      collectThisHour,
      (each) => sweepRetention(each, traceKeeping),
      sweepVersions,
      sweepWords,
    ],
    platform,
  )
}

/** A Worker has a thousand queries an hour for all of it. */
const purgedAtOnce = 200

async function purgeThisHour(platform: Platform): Promise<void> {
  const { purgeAfterMs } = platform.settings
  if (purgeAfterMs === 0) return
  const bound = { beforeMs: platform.now() - purgeAfterMs, most: purgedAtOnce }
  const guarded = await listGuardedVersions(platform.db)
  await purgeUnneeded({ ...platform, dryRun: false, graceMs: 0 }, bound, guarded)
}

async function collectThisHour(platform: Platform): Promise<void> {
  const { gcAfterMs: graceMs } = platform.settings
  if (graceMs === 0) return
  await collectAtHour({ ...platform, dryRun: false, graceMs }, hourOf(platform))
}

/** The same for who has a loop: it works at most once in each hour, from the next one on. */
export function hourlyJobOf(platform: Platform): () => Promise<void> {
  let done = hourOf(platform)
  return async () => {
    const hour = hourOf(platform)
    if (hour === done) return
    done = hour
    await runHourlyWork(platform)
  }
}

function hourOf({ now }: Platform): number {
  return new Date(now()).getUTCHours()
}
