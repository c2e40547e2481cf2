import { type ChainHead, readChainHead } from '../../audit/seal.ts'
import { requireWholeAudit } from '../../governance/history/audit-page.ts'
import type { Context } from '../../platform/context.ts'
import { findRefusal } from '../forms.ts'

/** Where the chain of the audit log ends; undefined for who may not read that. */
export async function findHead(ctx: Context): Promise<ChainHead | undefined> {
  const refusal = await findRefusal(requireWholeAudit(ctx))
  return refusal === undefined ? readChainHead(ctx) : undefined
}
