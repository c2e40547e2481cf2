import { Command } from 'commander'
import { listGuardedVersions } from '../../governance/moves/guarded-versions.ts'
import { openPlatform } from '../../node.ts'
import { collectGarbage, type Garbage } from '../../registry/collect-garbage.ts'
import { parseDuration } from '../duration.ts'
import { addSettings, givenSettings } from '../options.ts'
import { startProgress } from '../progress.ts'

type Flags = {
  readonly dryRun?: boolean
  readonly purgeDeleted?: boolean
  readonly olderThan: string
  readonly grace: string
}

/** `gatehouse gc`: free the space of what nothing refers to. */
export function gcCommand(): Command {
  const command = new Command('gc')
    .description('remove files that no path and no model version refers to; safe beside a server')
    .option('--dry-run', 'count what would go (not what a purge would free) and change nothing')
    .option('--purge-deleted', 'delete for good deleted runs, logged models and experiments')
    .option('--older-than <duration>', 'purge only what was deleted longer ago, e.g. 30d', '0s')
    .option('--grace <duration>', 'leave younger uploads alone, which may be under way', '24h')
  return addSettings(command, ['storage']).action(async () => {
    const flags = command.opts<Flags>()
    const graceMs = parseDuration(flags.grace)
    const olderThanMs = parseDuration(flags.olderThan)
    const platform = await openPlatform(givenSettings(command, process.env))
    const dryRun = flags.dryRun ?? false
    const purgeBeforeMs = flags.purgeDeleted ? platform.now() - olderThanMs : undefined
    const guarded = purgeBeforeMs === undefined ? [] : await listGuardedVersions(platform.db)
    const bar = startProgress({ unit: 'rows and objects' })
    const collector = { ...platform, dryRun, graceMs, onProgress: bar.advance }
    const garbage = await collectGarbage(collector, purgeBeforeMs, guarded).finally(bar.stop)
    for (const line of described(garbage, dryRun)) console.log(line)
    platform.close()
  })
}

function described(garbage: Garbage, dryRun: boolean): string[] {
  const { purged, manifests, blobs, uploads, orphans, leftovers } = garbage
  const verb = dryRun ? 'would remove' : 'removed'
  return [
    ...(purged
      ? [
          `${verb} ${purged.runs} runs, ${purged.loggedModels} logged models, ${purged.experiments} experiments`,
        ]
      : []),
    `${verb} ${blobs.count} files of ${blobs.sizeBytes} bytes, ${manifests} manifests`,
    `${verb} ${uploads} stale uploads, ${orphans} objects without a record, ${leftovers} leftovers of cut writes`,
  ]
}
