import { sql } from 'drizzle-orm'
import type { Context } from '../../platform/context.ts'
import { fileKindOf, isCodeName, isTemplateName } from './file-kinds.ts'
import type { FileScan } from './scan-file.ts'
import type { FoundCode } from './search-text.ts'

/** What scans told of the files of a manifest. */
export type ManifestScan = {
  /** Files that were not scanned yet. */
  readonly waiting: number
  readonly files: number
  /** Those of which something was told. */
  readonly told: readonly ToldFile[]
  /** Another as soon as a scan of one of its files is new. */
  readonly mark: string
}

export type ToldFile = FileScan & { readonly path: string }

type Row = { path: string; kind: string | null; scan: string | null; mark: string }

/** A text that changes as soon as a file of the manifest is scanned, or scanned again. */
export function scanMarkSql(manifest: number) {
  return sql`(select count(s.id) || ' ' || coalesce(sum(s.id), 0) from manifest_files f
    join file_scans s on s.blob = f.blob where f.manifest = ${manifest})`
}

/** What is known of the files of a manifest. */
export async function readScans(ctx: Context, manifest: number): Promise<ManifestScan> {
  const rows = await ctx.db.all(sql<Row>`
    select f.path, s.kind, s.scan, ${scanMarkSql(manifest)} as mark from manifest_files f
    left join file_scans s on s.blob = f.blob
    where f.manifest = ${manifest} order by f.path`)
  const files = Map.groupBy(rows, ({ path }) => path)
  let waiting = 0
  const told: ToldFile[] = []
  for (const [path, found] of files) {
    const kind = fileKindOf(path)
    const text = found.find((row) => row.kind === kind)?.scan
    if (text === undefined || text === null) waiting++
    const scan: FileScan = text ? JSON.parse(text) : { imports: [], found: [] }
    const file = { ...scan, path, found: [...namedCode(path), ...scan.found] }
    if (file.imports.length + file.found.length > 0 || file.unread !== undefined) told.push(file)
  }
  return { waiting, files: files.size, told, mark: rows[0]?.mark ?? '0 0' }
}

/** What the name alone tells. */
function namedCode(path: string): FoundCode[] {
  if (isCodeName(path)) return [{ what: 'code', where: path }]
  return isTemplateName(path) ? [{ what: 'template', where: path }] : []
}
