import { isPrivileged } from '../../audit/privileged-operations.ts'
import { recordRefusal } from '../../audit/refusal.ts'
import { type RegistryError, SealedError } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { failureText, logError } from '../../platform/log.ts'
import { modelId } from '../../registry/ids.ts'
import type { AppContext } from '../app-env.ts'

/**
 * Write to the audit log that a caller was refused a change, or tried to write to what is sealed.
 * A refusal before the operation is known, as of a foreign host or page, is left out.
 */
export async function noteRefusal(c: AppContext, error: RegistryError): Promise<void> {
  const { ctx, operation, changes } = c.var
  const isRefusal = error.code === 'PERMISSION_DENIED' || error instanceof SealedError
  if (!isRefusal || !changes || operation === undefined) return
  try {
    const about = named(c)
    const isKnownModel = isPrivileged(operation) && (await isModel(ctx, about.model))
    await recordRefusal(ctx, { operation, error, ...about, isKnownModel })
  } catch (err) {
    // The caller is refused all the same.
    const failure = failureText(err)
    logError({ event: 'refusal not recorded', requestId: ctx.requestId, operation, error: failure })
  }
}

/** The model and version that a call is about, if it names them. */
function named(c: AppContext): { model?: string; version?: number } {
  const { name, model, version }: Naming = c.var.decoded ?? {}
  const isOfModel = /\/(registered-models|model-versions|models)\//.test(c.req.path)
  const about = model ?? (isOfModel ? name : undefined)
  const number = /^[1-9]\d{0,14}$/.test(String(version)) ? Number(version) : undefined
  return {
    ...(typeof about === 'string' && { model: about }),
    ...(number !== undefined && { version: number }),
  }
}

async function isModel(ctx: Context, name: string | undefined): Promise<boolean> {
  return name !== undefined && (await ctx.db.first(modelId(ctx, name))) !== undefined
}

type Naming = { readonly name?: unknown; readonly model?: unknown; readonly version?: unknown }
