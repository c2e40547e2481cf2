import { mayAll } from '../access/permissions/permitted.ts'
import { requireAdmin } from '../access/permissions/require.ts'
import { denied } from '../access/permissions/rights.ts'
import { excerpt, invalid, RegistryError } from '../core/error.ts'
import { checkWorkspaceName, defaultWorkspace } from '../core/names.ts'
import { anyone } from '../http/guards/guard.ts'
import type { Context } from '../platform/context.ts'
import { deleteWorkspace } from '../workspaces/delete-workspace.ts'
import {
  createWorkspace,
  getWorkspace,
  listWorkspaces,
  updateWorkspace,
  type Workspace,
} from '../workspaces/workspaces.ts'
import { type Operation, operation } from './operation.ts'
import { message } from './wire/message.ts'

const text = { type: 'string' } as const
const required = { type: 'string', required: true } as const
const fields = { description: text, default_artifact_root: text }
const deletionModes: readonly string[] = ['SET_DEFAULT', 'CASCADE', 'RESTRICT']

/** MLflow's workspaces (3.10 and newer). Server administrators make, change and delete them. */
export const workspaceOperations: readonly Operation[] = [
  operation('listWorkspaces', {
    request: message({}),
    rule: anyone,
    answer: async (ctx) => {
      checkSwitchedOn(ctx)
      return { workspaces: (await listWorkspaces(ctx)).map(workspaceToWire) }
    },
  }),
  operation('createWorkspace', {
    request: message({ name: required, ...fields }),
    rule: requireAdmin,
    status: 201,
    answer: async (ctx, req) => {
      checkSwitchedOn(ctx)
      return { workspace: workspaceToWire(await createWorkspace(ctx, req.name, fieldsOf(req))) }
    },
  }),
  operation('getWorkspace', {
    request: message({ workspace_name: required }),
    rule: anyone,
    answer: async (ctx, { workspace_name: name }) => {
      checkSwitchedOn(ctx)
      return { workspace: workspaceToWire(await readWorkspace(ctx, name)) }
    },
  }),
  operation('updateWorkspace', {
    request: message({ workspace_name: required, ...fields }),
    rule: requireAdmin,
    answer: async (ctx, { workspace_name: name, ...req }) => {
      checkSwitchedOn(ctx)
      checkName(name)
      return { workspace: workspaceToWire(await updateWorkspace(ctx, name, fieldsOf(req))) }
    },
  }),
  operation('deleteWorkspace', {
    request: message({ workspace_name: required }),
    rule: requireAdmin,
    status: 204,
    answer: async (ctx, { workspace_name: name }, c) => {
      checkSwitchedOn(ctx)
      const mode = c.req.query('mode') ?? 'RESTRICT'
      if (!deletionModes.includes(mode)) {
        throw invalid(
          `Invalid deletion mode '${excerpt(mode)}'. Must be one of: ${deletionModes.join(', ')}`,
        )
      }
      await deleteWorkspace(ctx, name)
    },
  }),
]

/** @throws FEATURE_DISABLED the setting is off */
function checkSwitchedOn({ settings }: Context): void {
  if (settings.workspaces) return
  throw new RegistryError(
    'FEATURE_DISABLED',
    'Workspace APIs are not available: workspaces are not enabled on this server; start it with --enable-workspaces',
  )
}

/** A workspace that is not there is refused like one that the caller may not enter, as in MLflow. */
async function readWorkspace(ctx: Context, name: string): Promise<Workspace> {
  checkName(name)
  try {
    return await getWorkspace(ctx, name)
  } catch (err) {
    if (mayAll(ctx) || !(err instanceof RegistryError)) throw err
    throw denied(ctx, `a role in workspace '${excerpt(name)}' is needed`)
  }
}

function checkName(name: string): void {
  if (name !== defaultWorkspace) checkWorkspaceName(name)
}

function fieldsOf(req: {
  readonly description?: string | undefined
  readonly default_artifact_root?: string | undefined
}) {
  return { description: req.description, artifactRoot: req.default_artifact_root?.trim() }
}

function workspaceToWire({ name, description, artifactRoot }: Workspace): object {
  return { name, description, default_artifact_root: artifactRoot }
}
