import { createApp } from './app.ts'
import { randomId } from './platform/random-id.ts'
import { defaultSettings } from './platform/settings.ts'
import { D1 } from './platform/workers/d1.ts'
import { R2BlobStore } from './platform/workers/r2-blob-store.ts'
import { sha256 } from './platform/workers/sha256.ts'

/** What wrangler.toml binds. */
type Bindings = {
  readonly DB: D1Database
  readonly ARTIFACTS: R2Bucket
  readonly GATEHOUSE_SIGNING_KEY?: string
}

const app = createApp((c) => {
  const env = c.env as Bindings
  return {
    db: new D1(env.DB),
    blobs: new R2BlobStore(env.ARTIFACTS),
    settings: { ...defaultSettings, signingKey: env.GATEHOUSE_SIGNING_KEY ?? 'local' },
    now: Date.now,
    randomId,
    sha256,
    afterReply: (work) => c.executionCtx.waitUntil(work),
  }
})

export default app
