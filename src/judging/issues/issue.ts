import { sql } from 'drizzle-orm'
import { absent, invalid, type RegistryError } from '../../core/error.ts'
import { messages } from '../../core/messages.ts'
import { checkLength } from '../../core/names.ts'
import { judgingMessages } from '../messages.ts'
import type { issues } from '../tables.ts'

const issueStatuses = ['pending', 'resolved', 'rejected'] as const
const issueSeverities = ['not_an_issue', 'low', 'medium', 'high'] as const

/** A problem that was found in traces. */
export type Issue = {
  readonly issueId: string
  readonly experimentId: number
  readonly name: string
  readonly description: string
  readonly status: string
  readonly severity: string | undefined
  readonly sourceRunId: string | undefined
  readonly createdBy: string | undefined
  readonly createdAtMs: number
  readonly updatedAtMs: number
  readonly rootCauses: readonly string[]
  readonly categories: readonly string[]
  /** How many traces it was found in, where that was asked. */
  readonly traceCount: number | undefined
}

export type IssueTexts = {
  readonly [K in 'name' | 'description' | 'status' | 'severity']?: string | undefined
}

export type IssueRow = typeof issues.$inferSelect & { readonly trace_count: number | null }

/** The columns of an issue without its count, of `issues i`. */
export const issueColumns = sql`i.*, null as trace_count`

export function issueFrom(row: IssueRow): Issue {
  return {
    issueId: row.issue_id,
    experimentId: row.experiment,
    name: row.name,
    description: row.description,
    status: row.status,
    severity: row.severity ?? undefined,
    sourceRunId: row.source_run ?? undefined,
    createdBy: row.created_by ?? undefined,
    createdAtMs: row.created_at_ms,
    updatedAtMs: row.updated_at_ms,
    rootCauses: JSON.parse(row.root_causes),
    categories: JSON.parse(row.categories),
    traceCount: row.trace_count ?? undefined,
  }
}

const nameCharsMax = 500
const descriptionCharsMax = 20_000

/** @throws INVALID_PARAMETER_VALUE a text is too long, or no status or severity */
export function checkIssueTexts({ name, description, status, severity }: IssueTexts): void {
  if (name?.trim() === '') throw invalid(messages.missing('name'))
  checkLength(name ?? '', nameCharsMax, 'name')
  checkLength(description ?? '', descriptionCharsMax, 'description')
  checkOneOf('status', status, issueStatuses)
  checkOneOf('severity', severity, issueSeverities)
}

function checkOneOf(field: string, value: string | undefined, known: readonly string[]): void {
  if (value === undefined || known.includes(value)) return
  throw invalid(`${messages.wrongText(value, field)}: expected one of ${known.join(', ')}`)
}

const listMax = 100
const itemCharsMax = 5000

/** @throws INVALID_PARAMETER_VALUE a list of texts is too long */
export function checkIssueList(list: readonly string[], field: string): void {
  if (list.length > listMax) throw invalid(`${field} may have at most ${listMax} entries`)
  for (const item of list) checkLength(item, itemCharsMax, field)
}

export function issueNotFound(issueId: string): RegistryError {
  return absent(judgingMessages.noIssue(issueId))
}
