import { type SQL, sql } from 'drizzle-orm'
import { mayReadSql } from '../../access/permissions/permitted.ts'
import { commit, entryStatement } from '../../audit/commit.ts'
import { absent } from '../../core/error.ts'
import type { Int64 } from '../../core/int64.ts'
import { messages } from '../../core/messages.ts'
import { checkLength } from '../../core/names.ts'
import type { Context } from '../../platform/context.ts'
import { parseFilter } from '../../search/filter.ts'
import { findPage, type Searchable } from '../../search/find-page.ts'
import type { SortField } from '../../search/order-sql.ts'
import { checkPageSize, type Page } from '../../search/page.ts'
import { type FilterField, vocabularyOf } from '../../search/vocabulary.ts'
import { getExperiment, inactiveExperiment } from '../../tracking/experiments/experiment.ts'
import { isRun } from '../../tracking/run.ts'
import { judgingMessages } from '../messages.ts'
import {
  checkIssueList,
  checkIssueTexts,
  type Issue,
  type IssueRow,
  type IssueTexts,
  issueColumns,
  issueFrom,
  issueNotFound,
} from './issue.ts'

export type NewIssue = Pick<
  Issue,
  'experimentId' | 'name' | 'description' | 'severity' | 'sourceRunId' | 'createdBy'
> &
  Pick<Issue, 'rootCauses' | 'categories'> & { readonly status: string | undefined }

const userCharsMax = 500
const pageMax = 50_000
/** Texts of a page; it has one issue more, which may be as large again as such a text can be. */
const pageBytesMax = 10_000_000
const pageDefault = 100

/**
 * Who signed in made it, whatever the client says.
 *
 * @throws INVALID_PARAMETER_VALUE something is too long, or no status or severity
 * @throws RESOURCE_DOES_NOT_EXIST no such experiment, or run
 */
export async function createIssue(ctx: Context, made: NewIssue): Promise<Issue> {
  checkIssueTexts(made)
  checkIssueList(made.rootCauses, 'root_causes')
  checkIssueList(made.categories, 'categories')
  const createdBy = ctx.settings.auth ? ctx.principal.name : made.createdBy
  checkLength(createdBy ?? '', userCharsMax, 'created_by')
  const { experimentId, sourceRunId } = made
  const issueId = `iss-${ctx.randomId()}`
  const now = ctx.now()
  const hasRun =
    sourceRunId === undefined
      ? sql`1`
      : sql`exists (select 1 from runs where ${isRun(ctx, sourceRunId)})`
  const { issues } = await commit(ctx, {
    made: sql`insert into issues (issue_id, experiment, name, description, status, severity, source_run,
        created_by, created_at_ms, updated_at_ms, root_causes, categories)
      select ${issueId}, id, ${made.name}, ${made.description}, ${made.status ?? 'pending'},
        ${made.severity ?? null}, ${sourceRunId ?? null}, ${createdBy ?? null}, ${now}, ${now},
        ${JSON.stringify(made.rootCauses)}, ${JSON.stringify(made.categories)}
      from experiments where id = ${experimentId} and workspace = ${ctx.workspace}
        and lifecycle_stage = 'active' and ${hasRun}`,
    entry: entryStatement(ctx, {
      action: 'issue.created',
      from: sql`issues i where i.issue_id = ${issueId}`,
      after: issueJson({}),
    }),
    issues: issueRead(ctx, issueId),
  })
  const [issue] = issues
  if (issue) return issueFrom(issue)
  const experiment = await getExperiment(ctx, experimentId)
  if (experiment.lifecycleStage === 'deleted') throw inactiveExperiment(experimentId)
  throw absent(messages.noRun(sourceRunId ?? ''))
}

function issueRead(ctx: Context, issueId: string) {
  return sql<IssueRow>`select ${issueColumns} from issues i where ${isIssue(ctx, issueId)}`
}

/** Condition on `issues i`: this one, and in the caller's workspace. */
function isIssue(ctx: Context, issueId: string): SQL {
  return sql`i.issue_id = ${issueId} and exists (select 1 from experiments e
    where e.id = i.experiment and e.workspace = ${ctx.workspace})`
}

/** @throws RESOURCE_DOES_NOT_EXIST */
export async function getIssue(ctx: Context, issueId: string): Promise<Issue> {
  const row = await ctx.db.first(issueRead(ctx, issueId))
  if (!row) throw issueNotFound(issueId)
  return issueFrom(row)
}

/**
 * @param change what is undefined stays
 * @throws INVALID_PARAMETER_VALUE something is too long, or no status or severity
 * @throws RESOURCE_DOES_NOT_EXIST
 */
export async function updateIssue(
  ctx: Context,
  issueId: string,
  change: IssueTexts,
): Promise<Issue> {
  checkIssueTexts(change)
  const isOpen = sql`${isIssue(ctx, issueId)} and exists (select 1 from experiments a
    where a.id = i.experiment and a.lifecycle_stage = 'active')`
  const { changed, issues } = await commit(ctx, {
    entry: entryStatement(ctx, {
      action: 'issue.changed',
      from: sql`issues i where ${isOpen}`,
      before: issueJson({}),
      after: issueJson(change),
    }),
    changed: sql<{
      id: number
    }>`update issues as i set name = coalesce(${change.name ?? null}, name),
        description = coalesce(${change.description ?? null}, description),
        status = coalesce(${change.status ?? null}, status),
        severity = coalesce(${change.severity ?? null}, severity), updated_at_ms = ${ctx.now()}
      where ${isOpen} returning id`,
    issues: issueRead(ctx, issueId),
  })
  const [issue] = issues
  if (!issue) throw issueNotFound(issueId)
  if (changed.length === 0) throw inactiveExperiment(issue.experiment)
  return issueFrom(issue)
}

/** What the audit log says of an issue `i`, with what is to be changed. */
function issueJson({ name, status, severity }: IssueTexts): SQL {
  return sql`json_object('experiment', cast(i.experiment as text), 'issue', i.issue_id,
    'name', coalesce(${name ?? null}, i.name), 'status', coalesce(${status ?? null}, i.status),
    'severity', coalesce(${severity ?? null}, i.severity))`
}

const newestFirst = [{ expression: sql`i.id`, descending: true, type: 'int64' }] as const
const gravestFirst = {
  expression: sql`case i.severity when 'high' then 3 when 'medium' then 2 when 'low' then 1 when 'not_an_issue' then 0
    else -1 end`,
  descending: true,
  type: 'int64',
} as const
const traceCount = sql`(select count(distinct a.trace) from assessments a join traces t on t.id = a.trace
  where a.kind = 'issue' and a.name = i.issue_id and t.experiment = i.experiment)`
const mostFoundFirst = { expression: traceCount, descending: true, type: 'int64' } as const
const text = (column: SQL): FilterField => ({ type: 'string', operators: ['=', '!='], column })

const searchableIssues: Searchable = {
  from: sql`issues i`,
  id: sql`i.id`,
  filterKeys: {
    ...vocabularyOf<FilterField>('issue', [
      [
        [''],
        new Map([
          ['status', text(sql`i.status`)],
          ['source_run_id', text(sql`i.source_run`)],
        ]),
      ],
    ]),
    unknownKey: judgingMessages.unknownIssueKey,
  },
  sortKeys: vocabularyOf<SortField>('issue', []),
  defaultOrder: [gravestFirst, ...newestFirst],
  tieBreak: newestFirst,
}

const countedIssues: Searchable = {
  ...searchableIssues,
  defaultOrder: [gravestFirst, mostFoundFirst, ...newestFirst],
}

export type IssueSearch = {
  /** Undefined for all that the caller may read. */
  readonly experimentId: number | undefined
  readonly filter: string | undefined
  readonly maxResults: Int64 | undefined
  readonly pageToken: string | undefined
  readonly withTraceCount: boolean
}

/**
 * Issues of experiments that the caller may read: the gravest first, then those found in most traces where their number
 * is asked, then the newest. A page ends early once it has 10 MB of texts.
 *
 * @throws INVALID_PARAMETER_VALUE */
export async function searchIssues(ctx: Context, search: IssueSearch): Promise<Page<Issue>> {
  const { experimentId, filter, withTraceCount } = search
  const inExperiment = experimentId === undefined ? sql`1` : sql`i.experiment = ${experimentId}`
  const searchable = withTraceCount ? countedIssues : searchableIssues
  const page = await findPage(ctx.db, searchable, {
    scope: [
      inExperiment,
      sql`exists (select 1 from experiments e where e.id = i.experiment
        and e.workspace = ${ctx.workspace} and ${mayReadSql(ctx, 'experiment', { id: sql`e.id` })})`,
    ],
    filter: parseFilter(filter || undefined),
    orderBy: [],
    count: checkPageSize(search.maxResults, { most: pageMax, absent: pageDefault }),
    token: search.pageToken,
    fingerprint: ['issues', ctx.workspace, experimentId ?? null, filter ?? '', withTraceCount],
  })
  const ids = JSON.stringify(page.items)
  const count = withTraceCount ? traceCount : sql`null`
  const rows = await ctx.db.all(sql<IssueRow>`select i.*, ${count} as trace_count
    from (select value, key, sum(octet_length(s.description) + octet_length(s.root_causes)
          + octet_length(s.categories)) over (order by key rows unbounded preceding exclude current row) as before
        from json_each(${ids}) cross join issues s on s.id = value) j
    cross join issues i on i.id = j.value where coalesce(j.before, 0) < ${pageBytesMax} order by j.key`)
  const isCut = rows.length < page.items.length
  return {
    items: rows.map(issueFrom),
    nextPageToken: isCut ? page.tokenBehind(rows.length) : page.nextPageToken,
  }
}
