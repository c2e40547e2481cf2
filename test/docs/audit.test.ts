import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startServer, temporaryFolder } from '../support/gatehouse-process.ts'

const root = new URL('../../', import.meta.url).pathname
const text = await readFile(`${root}docs/audit.md`, 'utf8')

const blocks = (language: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(
    ([, body = '']) => body,
  )

test('the commands of docs/audit.md work on a server, and its Python comes to the same head', async () => {
  const folder = await temporaryFolder()
  const server = await startServer(folder)
  await server.post('registered-models/create', { name: 'fraud-detector' })
  const version = {
    name: 'fraud-detector',
    source: 's3://bucket/m',
    description: 'ünïcödé \u2028 🦊',
  }
  await server.post('model-versions/create', version)
  await server.post('model-versions/transition-stage', {
    ...{ name: 'fraud-detector', version: '1', stage: 'Production' },
  })
  await expect
    .poll(async () => (await (await fetch(`${server.url}/api/v1/audit/verify`)).json()).sealed)
    .toBe(3)
  const env = { ...process.env, GATEHOUSE_SERVER: server.url }
  const run = async (command: string, script: string) => {
    const { stdout } = await promisify(execFile)(command, ['-c', script], { cwd: folder, env })
    return stdout
  }
  const shell = blocks('sh')
  expect(shell).toHaveLength(4)
  let out = ''
  for (const block of shell)
    out += await run('sh', `set -e\n${block.replaceAll('npx gatehouse', `${root}bin/gatehouse`)}`)
  expect(out).toContain('model_version.transitioned')
  const head = (await readFile(`${folder}/heads.txt`, 'utf8')).trim()
  expect(out).toContain(`ok: 3 entries, 3 of them sealed, head ${head}`)
  const [python = ''] = blocks('python')
  expect(await run('python3', python)).toBe(`3 entries, head ${head}\n`)
  await server.stop()
})
