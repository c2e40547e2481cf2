import { excerpt, invalid, RegistryError } from '../../core/error.ts'
import { defaultWorkspace, workspacePath } from '../../core/names.ts'
import type { Context } from '../../platform/context.ts'
import { enterWorkspace } from '../../workspaces/reach.ts'
import type { AppContext } from '../app-env.ts'
import { serverPrefix } from './reached.ts'

/**
 * Note which workspace the request names: in MLflow's header, or before its path, for browsers and for
 * clients without the header.
 *
 * @param inPath the name before the path
 * @throws INVALID_PARAMETER_VALUE the two differ
 */
export function nameWorkspace(c: AppContext, inPath: string | undefined): void {
  const inHeader = c.req.header('x-mlflow-workspace')?.trim() || undefined
  if (inPath !== undefined && inHeader !== undefined && inPath !== inHeader) {
    throw invalid(
      `The header X-MLFLOW-WORKSPACE names '${excerpt(inHeader)}' and the path '${excerpt(inPath)}'; name one workspace`,
    )
  }
  c.set('workspace', inPath ?? inHeader)
  c.set('isWorkspaceInPath', inPath !== undefined)
}

/**
 * The caller's context in the workspace that the request names.
 *
 * @throws FEATURE_DISABLED the request names one, and the setting is off
 * @throws RESOURCE_DOES_NOT_EXIST, PERMISSION_DENIED as `enterWorkspace`
 */
export async function enterNamed(c: AppContext, ctx: Context): Promise<Context> {
  const [workspace, needsNoWorkspace] = [c.get('workspace'), c.get('needsNoWorkspace')]
  if (ctx.settings.workspaces) return enterWorkspace(ctx, workspace, needsNoWorkspace)
  if (workspace === undefined) return ctx
  throw new RegistryError(
    'FEATURE_DISABLED',
    'Workspace APIs are not available: workspaces are not enabled on this server; start it with --enable-workspaces, or name no workspace',
  )
}

/** What the addresses of pages begin with, so that links stay in the workspace. */
export function pagePrefix(c: AppContext): string {
  return serverPrefix(c) + workspacePath(c.get('workspace') ?? defaultWorkspace)
}
