import { defaultWorkspace } from '../core/names.ts'
import { anonymous, gatehouse, type Principal } from '../core/principal.ts'
import type { Database } from '../db/database.ts'
import type { BundleKeyPlace } from './bundle-key.ts'
import type { Sha256 } from './hash.ts'
import type { Outbound } from './outbound.ts'
import type { BlobStore, PageFiles } from './ports.ts'
import type { Settings } from './settings/settings.ts'

/** What a runtime gives to every request. */
export type Platform = {
  readonly db: Database
  readonly blobs: BlobStore
  readonly settings: Settings
  /** The private key that signs release bundles. */
  readonly bundleKey: BundleKeyPlace
  /** Unix milliseconds. */
  now(): number
  /** 32 random hex digits: run ids, upload ids, blob keys. */
  randomId(): string
  /** A hash that takes its bytes as they come. */
  sha256(): Sha256
  /** Rounds of PBKDF2 in the hashes of new passwords: as many as the runtime allows and time permits. */
  readonly passwordRounds: number
  /**
   * Make a slow hash when it is its turn. @throws RequestLimitError too many wait for theirs
   */
  takePasswordTurn<T>(work: () => Promise<T>): Promise<T>
  /** Requests to receivers that users name. */
  readonly outbound: Outbound
  /** Requests to servers that the operator named: issuers of identities. */
  fetch(url: string, init: RequestInit): Promise<Response>
  /**
   * What shares its timers: one object for a process. On Workers each request has its own, since what it
   * waits for ends with it.
   */
  readonly timerScope: object
  /** MLflow's own page, where the operator gave it. */
  readonly mlflowPage?: PageFiles | undefined
  /** New audit entries or events were written: seal and deliver them soon, after the reply. */
  wake(): void
}

/** What every verb gets: the platform, the caller and the workspace. */
export type Context = Platform & {
  readonly principal: Principal
  readonly workspace: string
  /** Where the workspace keeps artifacts of new experiments, if it has a place of its own. */
  readonly workspaceRoot?: string | undefined
  readonly requestId: string
  /** How the caller reached this server: `http://localhost:5000`; absent without a caller. */
  readonly serverUrl?: () => string
  readonly userAgent?: string | undefined
  /** The IP address that the request came from, as far as it can be trusted. */
  readonly clientAddress?: string | undefined
  /** The caller's permissions that this request has read, by statement. Each change empties it. */
  readonly permissionReads?: Map<string, PermissionRead>
}

type PermissionRead = { readonly rows: Promise<readonly unknown[]>; readonly atMs: number }

/** `user_id` of what the caller makes: its name, verified or claimed; undefined without one. */
export function principalName(ctx: Context): string | undefined {
  return ctx.principal.name === anonymous.name ? undefined : ctx.principal.name
}

/** The context of background work in a workspace, which no caller asked for. */
export function systemContext(platform: Platform, workspace: string = defaultWorkspace): Context {
  const requestId = platform.randomId()
  return { ...platform, principal: gatehouse, workspace, requestId }
}
