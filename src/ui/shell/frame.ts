import { defaultWorkspace, workspacePath } from '../../core/names.ts'
import type { AppContext } from '../../http/app-env.ts'
import { serverUrl } from '../../http/guards/reached.ts'
import { pagePrefix } from '../../http/guards/workspace.ts'
import { type Paths, pathsUnder } from '../paths.ts'
import { type AssetName, readAssetNames } from './assets.ts'
import { type Preferences, preferencesOf } from './preferences.ts'

/** What the frame of every page is made from. */
export type Frame = {
  readonly to: Paths
  /** The URL of this server, as the browser knows it, in the workspace of the page. */
  readonly serverUrl: string
  /** Where the page is in a workspace other than the default one. */
  readonly workspace: string | undefined
  /** Allows the stylesheet and the scripts of this one answer. */
  readonly nonce: string
  readonly files: Readonly<Record<AssetName, string>>
  readonly caller: Caller
  readonly requestId: string
  /** Whom people ask, where the operator said that. */
  readonly contact: string | undefined
  readonly preferences: Preferences
  /** The page stands at an address of its own, and answers no form. */
  readonly isRead: boolean
  /** MLflow's own page is served beside. */
  readonly hasMlflowPage: boolean
}

export type Caller = {
  readonly name: string
  readonly isVerified: boolean
  readonly hasSession: boolean
  /** Access control is on. */
  readonly isJudged: boolean
}

/** The frame of the page that answers this request. */
export async function frameOf(c: AppContext): Promise<Frame> {
  const { principal, settings, requestId, randomId, mlflowPage } = c.var.ctx
  return {
    to: pathsUnder(pagePrefix(c)),
    serverUrl: serverUrl(c) + workspacePath(c.var.workspace ?? defaultWorkspace),
    workspace: namedWorkspace(c),
    nonce: randomId(),
    files: await readAssetNames(),
    caller: {
      name: principal.name,
      isVerified: principal.verified,
      hasSession: principal.session !== undefined,
      isJudged: settings.auth,
    },
    requestId,
    contact: settings.contact,
    preferences: preferencesOf(c),
    isRead: c.req.method === 'GET',
    hasMlflowPage: mlflowPage !== undefined,
  }
}

function namedWorkspace(c: AppContext): string | undefined {
  const { workspace } = c.var
  return workspace === defaultWorkspace ? undefined : workspace
}
