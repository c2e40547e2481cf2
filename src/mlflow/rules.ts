import type { Permission } from '../access/permissions/levels.ts'
import {
  requireExperiment,
  requireModel,
  requireModelVersion,
} from '../access/permissions/require.ts'
import type { Context } from '../platform/context.ts'
import { requireLoggedModel, requireRun } from '../tracking/permissions.ts'

/** Rules of operations that name one thing: which permission on it they need. */

export function onExperiment(needed: Permission) {
  return (ctx: Context, req: { readonly experiment_id: number }) =>
    requireExperiment(ctx, req.experiment_id, needed)
}

export function onRun(needed: Permission) {
  return (ctx: Context, req: { readonly run_id: string }) => requireRun(ctx, req.run_id, needed)
}

export function onLoggedModel(needed: Permission) {
  return (ctx: Context, req: { readonly model_id: string }) =>
    requireLoggedModel(ctx, req.model_id, needed)
}

export function onModel(needed: Permission) {
  return (ctx: Context, req: { readonly name: string }) => requireModel(ctx, req.name, needed)
}

export function onVersion(needed: Permission) {
  return (ctx: Context, req: { readonly name: string }) =>
    requireModelVersion(ctx, req.name, needed)
}
