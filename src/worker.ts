import { createApp } from './app.ts'
import { hashUploads } from './artifacts/uploads/hash-joined.ts'
import { backgroundJobs, runHourlyWork } from './background.ts'
import { RegistryError } from './core/error.ts'
import { givenBundleKey } from './platform/bundle-key.ts'
import { coalesced, logged } from './platform/coalesced.ts'
import type { Platform } from './platform/context.ts'
import { passwordRounds } from './platform/password-turns.ts'
import type { MultipartStore } from './platform/ports.ts'
import { randomId } from './platform/random-id.ts'
import { S3BlobStore } from './platform/s3/s3-blob-store.ts'
import { s3Options } from './platform/s3/s3-options.ts'
import { readBundleKey, readSettings, readSigningKey } from './platform/settings/read-settings.ts'
import { readSignIn } from './platform/settings/read-sign-in.ts'
import { type Given, givenBy } from './platform/settings/setting-table.ts'
import { publicPath, type Settings } from './platform/settings/settings.ts'
import { D1 } from './platform/workers/d1.ts'
import { migrateOnce } from './platform/workers/migrate-once.ts'
import { workersOutbound } from './platform/workers/outbound.ts'
import { pageAssets } from './platform/workers/page-assets.ts'
import { R2BlobStore } from './platform/workers/r2-blob-store.ts'
import { sha256 } from './platform/workers/sha256.ts'
import { readAsked } from './registry/files/verify-slowly.ts'
import { deliverDue } from './webhooks/delivery/deliver.ts'

/** What wrangler.toml binds; vars and secrets with the names of settings beside them. */
type Bindings = {
  readonly DB: D1Database
  readonly ARTIFACTS: R2Bucket
  /** MLflow's own page, where it is deployed beside. */
  readonly MLFLOW_UI?: Fetcher
}

/** What is left of a Worker's time when its answer is sent, and of a cron trigger's before the next. */
const afterReplyMs = 20_000
const betweenTriggersMs = 50_000

/** How long a trigger hashes uploads, and reads files for gates: it has 30 s of a processor, whatever `limits` say. */
const readForMs = 12_000

/** As wrangler.toml has it; every other trigger is that of each minute. */
const hourlyCron = '23 * * * *'

const app = createApp(
  (c) => {
    const address = c.req.header('cf-connecting-ip')
    if (address !== undefined) c.set('clientAddress', address)
    return platformOf(bindings(c.env), c.executionCtx)
  },
  // A route of Cloudflare leaves its path on requests.
  {
    prefixOf: (env) => publicPath(partsOf(bindings(env)).settings),
    hasMlflowPage: (env) => bindings(env).MLFLOW_UI !== undefined,
  },
)

export default {
  async fetch(request: Request, env, execution) {
    await migrateOnce(partsOf(bindings(env)).db)
    return app.fetch(request, env, execution)
  },
  /** The cron triggers of wrangler.toml: each minute what requests did not wait for, and once an hour the rest. */
  async scheduled(event, env, execution) {
    await migrateOnce(partsOf(bindings(env)).db)
    const platform = platformOf(bindings(env), execution)
    if (event.cron === hourlyCron) return logged(() => runHourlyWork(platform), Date.now)()
    const jobs = backgroundJobs.map((job) => logged(() => job(platform), Date.now)())
    await Promise.all([
      ...jobs,
      deliverDue(platform, betweenTriggersMs),
      logged(() => hashUploads(platform, readForMs), Date.now)(),
      logged(() => readAsked(platform, { forMs: readForMs }), Date.now)(),
    ])
  },
} satisfies ExportedHandler

/** wrangler.toml is what makes this true: a Worker with other bindings is not deployed. */
function bindings(env: unknown): Bindings {
  return env as Bindings
}

type IsolateParts = Omit<Platform, 'wake' | 'timerScope'>

/** One isolate has one environment, and remembers by its database who has signed in. */
const known = new WeakMap<Bindings, IsolateParts>()

function partsOf(env: Bindings): IsolateParts {
  const made = known.get(env)
  if (made) return made
  const parts: IsolateParts = {
    db: new D1(env.DB),
    blobs: new R2BlobStore(env.ARTIFACTS, { multipart: directUploads(givenBy(env)) }),
    settings: settingsOf(env),
    bundleKey: givenBundleKey(readBundleKey(givenBy(env))),
    now: Date.now,
    randomId,
    sha256,
    passwordRounds: passwordRounds.workerd,
    // An isolate makes one hash at a time by itself.
    takePasswordTurn: (work) => work(),
    outbound: workersOutbound,
    mlflowPage: env.MLFLOW_UI && pageAssets(env.MLFLOW_UI),
    fetch: (url, init) => fetch(url, init),
  }
  known.set(env, parts)
  return parts
}

/** Uploads by R2's S3 API, where the operator gave its keys, so that clients send parts to R2 themselves. */
function directUploads(given: Given): MultipartStore | undefined {
  const place = given('direct-uploads')
  if (place === undefined) return undefined
  return new S3BlobStore(s3Options(place, given), sha256, { signsParts: true }).multipart
}

function platformOf(env: Bindings, execution: Pick<ExecutionContext, 'waitUntil'>): Platform {
  const platform: Platform = {
    ...partsOf(env),
    timerScope: {},
    wake() {
      for (const job of jobs) execution.waitUntil(job())
      execution.waitUntil(deliveries())
    },
  }
  const jobs = backgroundJobs.map((job) => coalesced(() => job(platform), Date.now))
  const deliveries = logged(() => deliverDue(platform, afterReplyMs), Date.now)
  return platform
}

/**
 * What holds where no var says otherwise. Whoever knows a Worker's address reaches it, so callers sign
 * in; Cloudflare passes on the hosts of the Worker's own routes alone; and no command reaches R2 to
 * remove what nothing needs, while D1 can be put back by thirty days.
 */
const workerDefaults = {
  GATEHOUSE_AUTH: '1',
  GATEHOUSE_ALLOWED_HOSTS: '*',
  GATEHOUSE_GC_AFTER_DAYS: '30',
}

function settingsOf(env: Bindings): Settings {
  const given = givenBy({ ...workerDefaults, ...env })
  const key = readSigningKey(given)
  return {
    ...readSettings(given),
    ...readSignIn(given),
    get signingKey() {
      return key ?? refuseUnsigned()
    },
  }
}

/** A Worker has no folder to keep a key in. The words are those by which clients fall back to a plain upload. */
function refuseUnsigned(): never {
  throw new RegistryError(
    'NOT_IMPLEMENTED',
    'Multipart upload is not supported for the current artifact repository: this Worker lacks the secret GATEHOUSE_SIGNING_KEY; set it with `npx wrangler secret put GATEHOUSE_SIGNING_KEY`',
  )
}
