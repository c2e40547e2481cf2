import type { Action } from '../../audit/actions.ts'
import type { AuditEntry } from '../../audit/entry.ts'
import { readEntriesBefore } from '../../audit/read-entries.ts'
import { RegistryError } from '../../core/error.ts'
import { requireAudit } from '../../governance/history/audit-scope.ts'
import { findModelNow } from '../../governance/history/model-then.ts'
import type { AppContext } from '../../http/app-env.ts'
import { attempt } from '../attempt.ts'
import { numberIn } from '../paths.ts'
import { decoded } from './nearest.ts'

/**
 * How what the address names went: the newest audit entry that deleted or renamed the model or prompt, or deleted the
 * version. Where there is another model of that name by now, the version was of that one. For who may read the audit
 * log of it.
 */
export async function findDeparture(c: AppContext): Promise<AuditEntry | undefined> {
  const { ctx } = c.var
  const [, kind, part, number] = /\/(models|prompts)\/([^/]+)(?:\/([^/]+))?/.exec(c.req.path) ?? []
  if (part === undefined) return undefined
  const model = decoded(part)
  const only = await attempt('PERMISSION_DENIED', requireAudit(ctx, model))
  if (only instanceof RegistryError) return undefined
  const present = await findModelNow(ctx, model)
  const newest = async (action: Action, version?: number) => {
    const of = { registeredModel: present?.registeredModel, isPrompt: kind === 'prompts' }
    const filter = { workspace: ctx.workspace, model, only, action, version, ...of }
    const page = { beforeSeq: Number.MAX_SAFE_INTEGER, countMax: 1 }
    return (await readEntriesBefore(ctx.db, filter, page))[0]?.entry
  }
  const version = numberIn(number)
  const found = await Promise.all([
    present ? undefined : newest('registered_model.deleted'),
    present ? undefined : newest('registered_model.renamed'),
    version === undefined ? undefined : newest('model_version.deleted', version),
  ])
  return found.flatMap((entry) => entry ?? []).toSorted((a, b) => b.seq - a.seq)[0]
}
