import { createApp } from './app.ts'
import { backgroundWork } from './background.ts'
import { RegistryError } from './core/error.ts'
import { coalesced } from './platform/coalesced.ts'
import type { Platform } from './platform/context.ts'
import { randomId } from './platform/random-id.ts'
import { readSettings, readSigningKey } from './platform/read-settings.ts'
import { givenBy } from './platform/setting-table.ts'
import type { Settings } from './platform/settings.ts'
import { D1 } from './platform/workers/d1.ts'
import { R2BlobStore } from './platform/workers/r2-blob-store.ts'
import { sha256 } from './platform/workers/sha256.ts'

/** What wrangler.toml binds; vars and secrets with the names of settings beside them. */
type Bindings = {
  readonly DB: D1Database
  readonly ARTIFACTS: R2Bucket
}

const app = createApp((c) => platformOf(bindings(c.env), (work) => c.executionCtx.waitUntil(work)))

export default {
  fetch: app.fetch,
  /** The cron trigger: for what was left over when a request's time was up. */
  scheduled(_event: ScheduledController, env: Bindings, execution: ExecutionContext): void {
    platformOf(env, (work) => execution.waitUntil(work)).wake()
  },
}

/** @param waitFor keeps the Worker running until a promise is settled */
function platformOf(env: Bindings, waitFor: (work: Promise<void>) => void): Platform {
  const platform: Platform = {
    db: new D1(env.DB),
    blobs: new R2BlobStore(env.ARTIFACTS),
    settings: settingsOf(env),
    now: Date.now,
    randomId,
    sha256,
    wake: () => waitFor(work()),
  }
  const work = coalesced(() => backgroundWork(platform), Date.now)
  return platform
}

/** wrangler.toml is what makes this true: a Worker with other bindings is not deployed. */
function bindings(env: unknown): Bindings {
  return env as Bindings
}

/** One isolate has one environment, so its settings are read once. */
const known = new WeakMap<Bindings, Settings>()

function settingsOf(env: Bindings): Settings {
  const read = known.get(env)
  if (read) return read
  const given = givenBy({ ...env })
  const key = readSigningKey(given)
  const settings: Settings = {
    ...readSettings(given),
    get signingKey() {
      return key ?? refuseUnsigned()
    },
  }
  known.set(env, settings)
  return settings
}

/** A Worker has no folder to keep a key in. The words are those by which clients fall back to a plain upload. */
function refuseUnsigned(): never {
  throw new RegistryError(
    'NOT_IMPLEMENTED',
    'Multipart upload is not supported for the current artifact repository: this Worker lacks the secret GATEHOUSE_SIGNING_KEY; set it with `npx wrangler secret put GATEHOUSE_SIGNING_KEY`',
  )
}
