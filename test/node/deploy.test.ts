import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const wrangler = new URL('../../node_modules/wrangler/bin/wrangler.js', import.meta.url).pathname

test('the Worker bundles for a deployment, with the bindings it needs', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [wrangler, 'deploy', '--dry-run'],
    {
      cwd: new URL('../..', import.meta.url).pathname,
      env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: 'false', WRANGLER_SEND_METRICS: 'false' },
    },
  )
  expect(stdout).toContain('env.DB (gatehouse)')
  expect(stdout).toContain('env.ARTIFACTS (gatehouse-artifacts)')
})
