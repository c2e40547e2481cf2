import { Command } from 'commander'
import { listGuardedVersions } from '../../governance/moves/guarded-versions.ts'
import { collectGarbage, type Garbage } from '../../registry/collect-garbage.ts'
import { parseDuration } from '../duration.ts'
import { ioOf } from '../io.ts'
import { addSettings } from '../options.ts'
import { print } from '../print.ts'
import { startProgress } from '../progress.ts'
import { openStorage } from '../storage.ts'

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
    .option('--json', 'print the counts as JSON')
  return addSettings(command, ['storage']).action(async () => {
    const flags = command.opts<Flags>()
    const graceMs = parseDuration(flags.grace)
    const olderThanMs = parseDuration(flags.olderThan)
    const dryRun = flags.dryRun ?? false
    const platform = await openStorage(command, dryRun ? 'reads' : 'changes')
    const purgeBeforeMs = flags.purgeDeleted ? platform.now() - olderThanMs : undefined
    const guarded = purgeBeforeMs === undefined ? [] : await listGuardedVersions(platform.db)
    const bar = startProgress({ unit: 'rows and objects', output: ioOf(command).err })
    const collector = { ...platform, dryRun, graceMs, onProgress: bar.advance }
    const garbage = await collectGarbage(collector, purgeBeforeMs, guarded).finally(bar.stop)
    print(command, garbageToWire(garbage), () => described(garbage, dryRun))
    await platform.close()
  })
}

function garbageToWire({ purged, manifests, blobs, uploads, orphans, leftovers }: Garbage) {
  const { runs, loggedModels: logged_models, experiments } = purged ?? {}
  return {
    ...(purged && { purged: { runs, logged_models, experiments } }),
    files: { count: blobs.count, size_bytes: blobs.sizeBytes },
    ...{ manifests, uploads, orphans, leftovers },
  }
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
