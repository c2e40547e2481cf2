import { createApp } from './app.ts'
import { RegistryError } from './core/error.ts'
import { randomId } from './platform/random-id.ts'
import { readSettings, readSigningKey } from './platform/read-settings.ts'
import { readSignIn } from './platform/read-sign-in.ts'
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

const app = createApp((c) => {
  const env = bindings(c.env)
  const address = c.req.header('cf-connecting-ip')
  if (address) c.set('clientAddress', address)
  return {
    db: new D1(env.DB),
    blobs: new R2BlobStore(env.ARTIFACTS),
    settings: settingsOf(env),
    now: Date.now,
    randomId,
    sha256,
    fetch: (url, init) => fetch(url, init),
    wake() {},
  }
})

export default app

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
    ...readSignIn(given),
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
