import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../support/gatehouse-process.ts'

const root = new URL('../../../', import.meta.url).pathname

/** What stops a service stops its first process: npm, which tells its child, and no other. */
test('npm start ends its server when npm is told to end', async () => {
  const args = ['start', '--', '--port', '0', '--data', await temporaryFolder()]
  const npm = spawn('npm', args, {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(npm, 'exit')
  try {
    const url = await new Promise<string>((done) => {
      npm.stdout.on('data', (chunk) => {
        const [, listening] = /listening on (\S+)/.exec(String(chunk)) ?? []
        if (listening) done(listening)
      })
      npm.once('exit', (code) => done(`npm ended with ${code} before the server listened`))
    })
    expect((await fetch(`${url}/health`)).status).toBe(200)
    npm.kill('SIGTERM')
    await ended
    await expect(fetch(`${url}/health`)).rejects.toThrow('fetch failed')
  } finally {
    // The group of npm, with whatever it left behind.
    if (npm.pid) killGroup(npm.pid)
  }
}, 60_000)

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL')
  } catch (err) {
    if (!(err instanceof Error && 'code' in err && err.code === 'ESRCH')) throw err
  }
}
