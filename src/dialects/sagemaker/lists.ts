import { z } from 'zod'
import { invalid } from '../../core/error.ts'
import type { ConditionTree } from '../../search/condition-tree.ts'

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

/** The conditions by which a list is made smaller. */
export function conditionsOf(
  req: z.output<typeof ListMembers>,
  { name, time } = { name: 'ModelPackageGroupName', time: 'CreationTime' },
): ConditionTree[] {
  const { NameContains: part, CreationTimeAfter: after, CreationTimeBefore: before } = req
  return [
    ...(part === undefined ? [] : [{ name, operator: 'Contains' as const, value: part }]),
    ...(after === undefined ? [] : [timeIs(time, 'GreaterThan', after)]),
    ...(before === undefined ? [] : [timeIs(time, 'LessThan', before)]),
  ]
}

export function every(of: readonly ConditionTree[]): ConditionTree {
  return { isEvery: true, of }
}

export function equals(name: string, value: string): ConditionTree {
  return { name, operator: 'Equals', value }
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

function timeIs(
  name: string,
  operator: 'GreaterThan' | 'LessThan',
  seconds: number,
): ConditionTree {
  return { name, operator, value: new Date(millisecondsOf(seconds)).toISOString() }
}

/** @throws INVALID_PARAMETER_VALUE no calendar has this time */
export function millisecondsOf(seconds: number): number {
  const time = Math.round(seconds * 1000)
  if (!Number.isNaN(new Date(time).getTime())) return time
  throw invalid(`${seconds} is no time in seconds`)
}
