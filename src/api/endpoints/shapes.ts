import { z } from 'zod'
import { momentForm, momentOf } from '../../search/times/moment.ts'

/** What several endpoints share: names in snake_case, ids and versions as strings, times in Unix ms. */

/** Paging of every list. */
export const PageQuery = z.object({
  max_results: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(1000)
    .describe('How many items a page has at most'),
  page_token: z.string().optional().describe('`next_page_token` of the page before'),
})

/** One page of a list. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    next_page_token: z.string().optional().describe('Absent on the last page'),
  })
}

/** One of a key that may be repeated. */
export function repeated<T extends z.ZodType>(one: T, most: number) {
  return z.union([one, z.array(one).max(most)])
}

/** A moment of a query. */
export const Moment = z.union([z.string(), z.number()]).transform((given, { addIssue }) => {
  const atMs = momentOf(String(given))
  if (atMs !== undefined) return atMs
  addIssue({ code: 'custom', message: `must be ${momentForm}` })
  return z.NEVER
})

export const VersionParams = z.object({
  name: z.string().min(1),
  version: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
})

export const Nothing = z.object({})

export const PrincipalShape = z.object({
  name: z.string(),
  kind: z.enum(['user', 'service', 'anonymous']),
  verified: z.boolean().describe('False: the name is what the caller claimed'),
  groups: z.array(z.string()),
  account: z.string().optional().describe('Id of the account; a name can be given anew'),
})

export const ApproverShape = z.object({
  name: z.string(),
  account: z.string().optional().describe('Id of the account; a name can be given anew'),
})
