import { type SQL, sql } from 'drizzle-orm'
import { addWorkspace } from '../../artifacts/path.ts'
import { commit } from '../../audit/commit.ts'
import { modelEntriesSql } from '../../audit/entry.ts'
import type { Context } from '../../platform/context.ts'
import { hashJson } from '../../platform/hash.ts'
import { logError } from '../../platform/log.ts'
import { versionEntry } from '../../registry/audit-entries.ts'
import { readText, type StoredFile } from '../../registry/model-files/read-text.ts'
import type { ModelVersion } from '../../registry/versions/read-versions.ts'
import { type CardRow, fieldsOf } from './card-rows.ts'
import { splitFrontMatter } from './front-matter.ts'
import { type ReadCard, readMarkdownCard } from './read-markdown.ts'

/** Where clients log cards, the likeliest first: at the root of what was registered, or by the model. */
const ownFile = 'model_card.md'
const huggingFaceFile = 'README.md'
const sealedPaths = [ownFile, `model/${ownFile}`, huggingFaceFile, `model/${huggingFaceFile}`]

/** The card that a client logged with a model, or why the file is not a card. */
type LoggedCard =
  | (ReadCard & { readonly path: string })
  | { readonly problem: string; readonly path: string }

/** What it takes to find the card that was logged with a version. */
export type CardedVersion = Pick<
  ModelVersion,
  'id' | 'registeredModelId' | 'version' | 'manifestId' | 'runId' | 'userId' | 'createdAtMs'
>

type FileRow = { path: string; sha256: string; size_bytes: number; key: string }

/**
 * The card that was logged before the version was registered: among its sealed files, else at the
 * root of its run's artifacts. A README counts when it has front matter.
 *
 * @throws DATA_LOSS the file's stored bytes are damaged
 */
async function findLoggedCard(
  ctx: Context,
  version: CardedVersion,
): Promise<LoggedCard | undefined> {
  if (version.manifestId === null && !version.runId) return undefined
  for (const file of await candidates(ctx, version)) {
    const { path } = file
    const read = await readText(ctx, file)
    if ('problem' in read) return { problem: `${path}: ${read.problem}`, path }
    const isReadme = path.endsWith(huggingFaceFile)
    if (isReadme && splitFrontMatter(read.text).matter === undefined) continue
    const parsed = await readMarkdownCard(read.text)
    return 'card' in parsed ? { ...parsed, path } : { problem: `${path}: ${parsed.problem}`, path }
  }
  return undefined
}

/** One statement, the likeliest file first. Files of the run that were written since do not count. */
async function candidates(ctx: Context, version: CardedVersion): Promise<StoredFile[]> {
  const scheme = 'mlflow-artifacts:/'
  // As `storePathOf` has it.
  const own = addWorkspace(ctx.workspace, '')
  const folder = own === '' ? '' : `${own}/`
  const given = sql`substr(r.artifact_uri, length(${scheme}) + 1)`
  const root = sql`iif(substr(${given}, 1, length(${folder})) = ${folder}, '', ${folder}) || ${given}`
  const names = JSON.stringify([ownFile, huggingFaceFile])
  const rows = await ctx.db.all(sql<FileRow>`
    select path, sha256, size_bytes, key from (
      select c.key as rank, f.path, b.sha256, b.size_bytes, b.key
      from json_each(${JSON.stringify(sealedPaths)}) c
      join manifest_files f on f.manifest = ${version.manifestId} and f.path = c.value
      join blobs b on b.id = f.blob
      union all
      select 100 + c.key, c.value, b.sha256, b.size_bytes, b.key
      from runs r join experiments e on e.id = r.experiment
      join json_each(${names}) c
      join artifact_files f on f.workspace = ${ctx.workspace}
        and f.path = ${root} || '/' || c.value
      join blobs b on b.id = f.blob
      where r.run_id = ${version.runId} and e.workspace = ${ctx.workspace}
        and substr(r.artifact_uri, 1, length(${scheme})) = ${scheme}
        and f.updated_at_ms <= ${version.createdAtMs})
    order by rank`)
  return rows.map(({ size_bytes, ...file }) => ({ ...file, sizeBytes: size_bytes }))
}

/**
 * The first revision as it was logged, of a version that has none in the database yet.
 *
 * @returns the row that `loggedCardStatements` would write, or why there is none
 */
export async function findLoggedRevision(
  ctx: Context,
  version: CardedVersion,
): Promise<{ row?: CardRow; problem?: string }> {
  const logged = await findLoggedCard(ctx, version)
  if (!logged) return {}
  if ('problem' in logged) return { problem: logged.problem }
  const found = await ctx.db.first(sql<{ author: string }>`select ${registrar(version)} as author`)
  return {
    row: {
      revision: 1,
      author: found?.author ?? '',
      created_at_ms: version.createdAtMs,
      card: JSON.stringify(logged.card),
      digest: await hashJson(ctx, logged.card),
      imported_from: logged.path,
      problems: logged.problems
        ? JSON.stringify(logged.problems.map((problem) => `${logged.path}: ${problem}`))
        : null,
    },
  }
}

/**
 * The statements that make the logged card the first revision, for a batch that needs it to be
 * there. There are none if the version has a revision already, or no card was logged.
 */
export async function loggedCardStatements(ctx: Context, version: ModelVersion): Promise<SQL[]> {
  const id = sql`select id from model_versions where id = ${version.id}`
  const isFirst = sql`not exists (select 1 from model_cards c where c.model_version = v.id)`
  if (await ctx.db.first(sql`select 1 from model_cards where model_version = ${version.id}`))
    return []
  const { row } = await findLoggedRevision(ctx, version)
  if (!row) return []
  return [
    versionEntry(ctx, id, {
      action: 'model_version.card_changed',
      before: sql`json_object('revision', null, 'digest', null)`,
      after: sql`json_object('revision', 1, 'digest', ${row.digest},
          'fields', json(${fieldsOf(row.card)}), 'imported_from', ${row.imported_from})`,
      guard: isFirst,
    }),
    sql`insert into model_cards
        (model_version, revision, author, created_at_ms, card, digest, imported_from, problems)
      select v.id, 1, ${row.author}, ${row.created_at_ms}, ${row.card}, ${row.digest},
        ${row.imported_from}, ${row.problems}
      from model_versions v where v.id = ${version.id} and ${isFirst}`,
  ]
}

/**
 * Keep the card that was logged, when its version is registered. A registration never fails
 * because of its card: readers of the card see what is wrong with it, and so does the server's log.
 */
export async function keepLoggedCard(ctx: Context, version: ModelVersion): Promise<void> {
  try {
    const writes = await loggedCardStatements(ctx, version)
    if (writes.length > 0) await commit(ctx, { writes })
  } catch (err) {
    const error = err instanceof Error ? (err.stack ?? err.message) : String(err)
    logError({ event: 'logged card not kept', requestId: ctx.requestId, error })
  }
}

/** Who registered the version, from the audit log. */
function registrar(version: CardedVersion): SQL {
  const unrecorded = {
    name: version.userId ?? 'anonymous',
    kind: 'anonymous',
    verified: false,
    groups: [],
  }
  return sql`coalesce((select a.actor from ${modelEntriesSql('a')}
    where a.registered_model = ${version.registeredModelId} and a.version = ${version.version}
      and a.action = 'model_version.created' order by a.seq desc limit 1),
    ${JSON.stringify(unrecorded)})`
}
