import { sql } from 'drizzle-orm'
import { findingsOf, type ScanFinding } from '../../artifacts/scan/findings.ts'
import { readScans, scanMarkSql } from '../../artifacts/scan/read-scans.ts'
import { commit, entryStatement } from '../../audit/commit.ts'
import { cutText } from '../../core/error.ts'
import { type Context, type Platform, systemContext } from '../../platform/context.ts'
import { hashText } from '../../platform/hash.ts'
import { failureText, logError } from '../../platform/log.ts'
import { ofVersion } from '../audit-entries.ts'

const versionsPerRun = 20
const findingsMax = 20
const textMax = 300

/** Behind which version this process goes on: what fails is tried again when it comes round. */
const placeOf = new WeakMap<Platform['db'], number>()

type DueVersion = { readonly id: number; readonly manifest: number; readonly workspace: string }

/**
 * Tell of versions in whose files a scan found something that runs when they are loaded: an entry of the
 * audit log, which is an event too. Each version is handled by itself, a failure is logged and keeps none
 * back. Several processes may do it at once.
 */
export async function sweepFlags(platform: Platform): Promise<void> {
  const place = placeOf.get(platform.db) ?? 0
  const due = await platform.db.all(sql<DueVersion>`
    select v.id, v.manifest, m.workspace from version_flags f
    join model_versions v on v.id = f.model_version
    join registered_models m on m.id = v.registered_model
    where f.is_due = 1 and f.model_version > ${place} order by f.model_version
    limit ${versionsPerRun}`)
  placeOf.set(platform.db, due.length < versionsPerRun ? 0 : (due.at(-1)?.id ?? 0))
  for (const version of due) {
    await flagVersion(systemContext(platform, version.workspace), version).catch((err) =>
      logError({ event: 'findings not told', version: version.id, error: failureText(err) }),
    )
  }
}

async function flagVersion(ctx: Context, { id, manifest }: DueVersion): Promise<void> {
  const scan = await readScans(ctx, manifest)
  // Somebody has files of it read again: it is due until they are.
  if (scan.waiting > 0) return
  const findings = findingsOf(scan)
  const told = findings.length === 0 ? '' : await hashText(ctx, JSON.stringify(findings))
  const isAsRead = sql`f.model_version = ${id} and f.is_due = 1
    and ${scanMarkSql(manifest)} = ${scan.mark}`
  await commit(ctx, {
    entry:
      findings.length === 0
        ? undefined
        : entryStatement(ctx, {
            action: 'model_version.flagged',
            ...ofVersion,
            after: sql`json(${flagText(findings)})`,
            from: sql`version_flags f join model_versions v on v.id = f.model_version
              join registered_models m on m.id = v.registered_model
              where ${isAsRead} and f.told <> ${told}`,
          }),
    done: sql`update version_flags as f set is_due = 0, told = ${told} where ${isAsRead}`,
  })
}

/** What the entry keeps: the first findings, and how many there are. */
function flagText(findings: readonly ScanFinding[]): string {
  return JSON.stringify({
    count: findings.length,
    findings: findings.slice(0, findingsMax).map(({ path, what, detail }) => ({
      path: cutText(path, textMax),
      what,
      detail: cutText(detail, textMax),
    })),
  })
}
