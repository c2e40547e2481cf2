import { z } from 'zod'
import { excerpt, invalid } from '../../core/error.ts'

/**
 * What every list of SageMaker's takes. Times are seconds, which clients may send with a fraction. Another
 * member is refused: a list that left out a condition would show what was not asked for.
 */
export const ListMembers = z.strictObject({
  NameContains: z.string().max(500).optional(),
  CreationTimeAfter: z.number().optional(),
  CreationTimeBefore: z.number().optional(),
  SortOrder: z.enum(['Ascending', 'Descending']).optional(),
  MaxResults: z.number().int().min(1).max(100).optional(),
  NextToken: z.string().max(8192).optional(),
})

const maxResultsDefault = 10

/** The clauses of a filter by which a list is made smaller. */
export function clausesOf(req: z.output<typeof ListMembers>): string[] {
  const { NameContains: part, CreationTimeAfter: after, CreationTimeBefore: before } = req
  return [
    ...(part === undefined ? [] : [`name LIKE ${quoted(`%${part}%`)}`]),
    ...(after === undefined ? [] : [`creation_timestamp > ${millisecondsOf(after)}`]),
    ...(before === undefined ? [] : [`creation_timestamp < ${millisecondsOf(before)}`]),
  ]
}

/** The page that is asked for, as searches of the registry take it. */
export function pageAsked({
  MaxResults,
  NextToken,
}: {
  readonly MaxResults?: number | undefined
  readonly NextToken?: string | undefined
}) {
  return { maxResults: MaxResults ?? maxResultsDefault, pageToken: NextToken }
}

/** Oldest first where no order is asked for, as SageMaker lists. */
export function orderOf(column: string, order: 'Ascending' | 'Descending' | undefined): string[] {
  return [`${column} ${order === 'Descending' ? 'DESC' : 'ASC'}`]
}

/** A text as a filter writes it. @throws INVALID_PARAMETER_VALUE it has both kinds of quotes */
export function quoted(text: string): string {
  if (!text.includes("'")) return `'${text}'`
  if (!text.includes('"')) return `"${text}"`
  throw invalid(`'${excerpt(text)}' has single and double quotes, which no search can look for`)
}

function millisecondsOf(seconds: number): number {
  return Math.round(seconds * 1000)
}
