import { excerpt, invalid } from './error.ts'

/** The workspace of callers who name none. It is always there. */
export const defaultWorkspace = 'default'

const nameCharsMin = 2
const nameCharsMax = 63

/** Names that would be taken for a part of an address. */
const reserved: readonly string[] = ['workspaces', 'api', 'ajax-api', 'static-files']

/** Refuses what cannot be the name of a workspace that is made, as MLflow 3.17.2 does. */
export function checkWorkspaceName(name: string): void {
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name)) {
    throw invalid(
      `Workspace name '${excerpt(name)}' must match the pattern ^[a-z0-9]([-a-z0-9]*[a-z0-9])?$ (lowercase alphanumeric with optional internal hyphens).`,
    )
  }
  if (name.length < nameCharsMin || name.length > nameCharsMax) {
    throw invalid(
      `Workspace name '${excerpt(name)}' must be between ${nameCharsMin} and ${nameCharsMax} characters.`,
    )
  }
  if (reserved.includes(name)) {
    throw invalid(`Workspace name '${name}' is reserved and cannot be used.`)
  }
}

/** What stands before the paths of pages and of the API to be in a workspace; nothing for the default one. */
export function workspacePath(workspace: string): string {
  return workspace === defaultWorkspace ? '' : `/workspaces/${encodeURIComponent(workspace)}`
}

/** A path, and the workspace that stands before it: `/workspaces/team-a/models`. */
export function splitWorkspacePath(path: string): {
  readonly path: string
  readonly workspace?: string
} {
  const [, workspace, rest] = /^\/workspaces\/([^/]+)(\/.*)?$/s.exec(path) ?? []
  return workspace === undefined ? { path } : { workspace, path: rest ?? '/' }
}
