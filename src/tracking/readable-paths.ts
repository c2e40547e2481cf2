import { type SQL, sql } from 'drizzle-orm'
import { includes } from '../access/permissions/levels.ts'
import {
  defaultLevelOf,
  mayAll,
  mayReadSql,
  type Part,
  readLevels,
} from '../access/permissions/permitted.ts'
import { foldersAboveOf } from '../artifacts/path.ts'
import type { Context } from '../platform/context.ts'
import { defaultFolder, partOf } from './permissions.ts'

/** Those of the paths that the caller may read, as `requireArtifacts` judges each. */
export async function readablePathsOf(ctx: Context, paths: readonly string[]): Promise<string[]> {
  if (mayAll(ctx)) return [...paths]
  const owners = await readOwners(ctx, paths)
  const readable = new Set<string>()
  for (const [part, owned] of Map.groupBy(owners, ({ part }) => part)) {
    const ids = JSON.stringify([...new Set(owned.map(({ experiment }) => experiment))])
    const on = sql`select e.id, cast(e.id as text) as name, 0 as is_prompt from experiments e
      where e.workspace = ${ctx.workspace} and e.id in (select value from json_each(${ids}))`
    const levels = await readLevels(ctx, { owner: 'experiment', on, part })
    const open = new Set(levels.filter(({ level }) => includes(level, 'READ')).map(({ id }) => id))
    for (const { path, experiment } of owned) if (open.has(experiment)) readable.add(path)
  }
  return paths.filter((path) => readable.has(path))
}

/**
 * The ranges of paths in which the caller may read something, as a select of `from_path` and `to_path` where they are few:
 * what lies in them is for `readablePathsOf` to judge.
 *
 * @returns undefined: the caller may read all, or whatever nobody denied
 */
export function readableFolders(ctx: Context): SQL | undefined {
  if (mayAll(ctx) || includes(defaultLevelOf(ctx), 'READ')) return undefined
  const first = defaultFolder(ctx)
  const folders = sql`select a.experiment, a.path from artifact_roots a
    where a.workspace = ${ctx.workspace}
    ${first === undefined ? undefined : sql`union all select 0, ${first}`}`
  return sql`select o.path as from_path, iif(o.path = '', ${lastText}, o.path || '0') as to_path
    from (${folders}) o join experiments e on e.id = o.experiment and e.workspace = ${ctx.workspace}
    where ${mayReadSql(ctx, 'experiment', { id: sql`e.id` })}`
}

/** Behind every path. */
const lastText = '\u{10ffff}'

type Owned = {
  readonly path: string
  readonly experiment: number
  readonly part: Part | undefined
}

async function readOwners(ctx: Context, paths: readonly string[]): Promise<Owned[]> {
  const above = new Set(paths.flatMap((path) => ['', ...foldersAboveOf(path), path]))
  const rows = await ctx.db.all(sql<{ experiment: number; path: string }>`
    select a.experiment, a.path from artifact_roots a where a.workspace = ${ctx.workspace}
      and a.path in (select value from json_each(${JSON.stringify([...above])}))`)
  const roots = new Map<string, number>()
  for (const { experiment, path } of rows) {
    roots.set(path, Math.min(experiment, roots.get(path) ?? experiment))
  }
  const first = defaultFolder(ctx)
  if (first !== undefined) roots.set(first, 0)
  return paths.flatMap((path) => {
    const own = ['', ...foldersAboveOf(path), path].filter((folder) => roots.has(folder))
    const [root, ...more] = own
    if (root === undefined) return []
    const experimentOf = (folder: string) => roots.get(folder) ?? 0
    const lowest = more.reduce((a, b) => (experimentOf(b) < experimentOf(a) ? b : a), root)
    const rest = lowest === '' ? path : path.slice(lowest.length + 1)
    return [{ path, experiment: experimentOf(lowest), part: partOf(rest) }]
  })
}
