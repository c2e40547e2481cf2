import { z } from 'zod'
import { invalid } from '../core/error.ts'

/** Shapes of our own surface, `/api/v1`: snake_case, lists as `{items, next_page_token}`. */
export const PageQuery = z.object({
  max_results: z.coerce.number().int().min(1).max(10_000).default(1000),
  page_token: z.string().optional(),
})

export const VersionParams = z.object({
  name: z.string().min(1),
  version: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
})

const VersionFile = z.object({
  /** Relative to the version's root. */
  path: z.string(),
  size: z.number().int(),
  /** Lower-case hex. */
  sha256: z.string(),
})

export const VersionFilePage = z.object({
  /** False: its source lies outside this server's store, so its files are not known here. */
  sealed: z.boolean(),
  /** `sha256:` and hex, of the whole list. */
  digest: z.string().optional(),
  items: z.array(VersionFile),
  next_page_token: z.string().optional(),
})

export const Verification = z.object({
  ok: z.boolean(),
  digest: z.string(),
  /** How many files were read. */
  files: z.number().int(),
  /** The files whose stored bytes are not what was sealed. */
  differing: z.array(VersionFile.extend({ problem: z.enum(['missing', 'changed']) })),
})

/** `value` as `schema` has it. @throws INVALID_PARAMETER_VALUE it is none; the message names the field */
export function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw invalid(`Invalid value for '${issue?.path.join('.')}': ${issue?.message}`)
}
