/**
 * Serves src/worker.ts in workerd. Arguments: the port, the folder for D1's and R2's state, and the
 * administrator's password where callers must sign in.
 */
import { generateKeyPairSync } from 'node:crypto'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { migrate } from '../../src/db/migrate.ts'
import { migrations, schema } from '../../src/db/migrations.ts'
import { D1 } from '../../src/platform/workers/d1.ts'

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const bundleKey = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')

const root = new URL('../..', import.meta.url).pathname
const [port = '0', dataFolder = '.', password] = process.argv.slice(2)
const text = (value: string) => ({ type: 'text', value }) as const

const bundle = await build({
  absWorkingDir: root,
  entryPoints: ['src/worker.ts'],
  bundle: true,
  write: false,
  format: 'esm',
  target: 'es2024',
  conditions: ['workerd', 'worker', 'browser'],
  external: ['cloudflare:*', 'node:*'],
  logLevel: 'warning',
})

const miniflare = new Miniflare({
  host: '127.0.0.1',
  port: Number(port),
  cf: false,
  logRequests: false,
  resourcePersistencePath: dataFolder,
  workers: [
    {
      config: {
        name: 'gatehouse',
        compatibilityDate: '2026-10-01',
        manifest: {
          mainModule: 'worker.mjs',
          modulesRoot: root,
          modules: { 'worker.mjs': { type: 'esm', contents: bundle.outputFiles[0]?.text ?? '' } },
        },
        env: {
          DB: { type: 'd1', id: 'gatehouse' },
          ARTIFACTS: { type: 'r2', name: 'gatehouse-artifacts' },
          GATEHOUSE_SIGNING_KEY: { type: 'text', value: 'a key for tests alone' },
          GATEHOUSE_BUNDLE_KEY: text(bundleKey),
          GATEHOUSE_AUTH: text(password === undefined ? '0' : '1'),
          ...(password !== undefined && { GATEHOUSE_ADMIN_PASSWORD: text(password) }),
          GATEHOUSE_WEBHOOK_HOSTS: { type: 'text', value: '127.0.0.1' },
        },
        exports: {},
      },
      dev: { rootPath: root },
    },
  ],
})

const stop = async () => {
  await miniflare.dispose()
  process.exit(0)
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)

await miniflare.ready
await migrate(new D1(await miniflare.getD1Database('DB')), migrations, schema)
console.log(`workerd: listening on port ${port}`)
