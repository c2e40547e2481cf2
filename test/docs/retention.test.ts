import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startServer, temporaryFolder } from '../support/gatehouse-process.ts'

const root = new URL('../../', import.meta.url).pathname
const page = await readFile(`${root}docs/retention.md`, 'utf8')

test('the commands of docs/retention.md do what it says', async () => {
  const folder = await temporaryFolder()
  const server = await startServer(folder)
  await server.post('registered-models/create', { name: 'fraud-a' })
  for (let i = 0; i < 7; i++) {
    await server.post('model-versions/create', { name: 'fraud-a', source: `s3://bucket/${i}` })
  }
  const [, block = ''] = /^```sh\n([\s\S]*?)^```$/m.exec(page) ?? []
  const env = { ...process.env, GATEHOUSE_SERVER: server.url }
  const run = async (text: string) => {
    const script = `set -e\n${text.replaceAll('npx gatehouse', `${root}bin/gatehouse`)}`
    return (await promisify(execFile)('sh', ['-c', script], { cwd: folder, env })).stdout
  }
  const stdout = await run(block)
  expect(stdout).toContain(
    'rule old keeps of fraud-*: the newest 5, changed in 90 days, downloaded in 60 days\n',
  )
  expect(stdout).toContain('0 versions; clean-up then frees 0 bytes\n')
  expect(stdout).toMatch(/^old +fraud-\* +the newest 5, /m)
  expect(stdout).toMatch(/^fraud-a +7 +0 +0 +0/m)
  expect(stdout).toContain('deleted rule old\n')
  await run('npx gatehouse retention set few --models "fraud-*" --keep-last 5')
  const shown = await run('npx gatehouse retention preview few')
  expect(shown).toMatch(
    /^delete fraud-a version 1 \(None, 0 bytes, of .*\n^delete fraud-a version 2 /m,
  )
  const id = /--preview (\w+)$/m.exec(shown)?.[1]
  const told = await run(`npx gatehouse retention run few --preview ${id}`)
  expect(told).toBe('deleted fraud-a version 1\ndeleted fraud-a version 2\ndeleted 2 versions\n')
  await server.stop()
}, 120_000)
