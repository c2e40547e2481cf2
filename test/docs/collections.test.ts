import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startServer, temporaryFolder } from '../support/gatehouse-process.ts'

const root = new URL('../../', import.meta.url).pathname
const page = await readFile(`${root}docs/collections.md`, 'utf8')

test('the commands of docs/collections.md make the collection that they show', async () => {
  const folder = await temporaryFolder()
  const server = await startServer(folder)
  for (const name of ['fraud-germany', 'fraud-france']) {
    await server.post('registered-models/create', { name })
    await server.post('model-versions/create', { name, source: `s3://bucket/${name}` })
  }
  const champion = { name: 'fraud-france', alias: 'champion', version: '1' }
  await server.post('registered-models/alias', champion)
  const [, block = ''] = /^```sh\n([\s\S]*?)^```$/m.exec(page) ?? []
  const env = { ...process.env, GATEHOUSE_SERVER: server.url }
  const script = `set -e\n${block.replaceAll('npx gatehouse', `${root}bin/gatehouse`)}`
  const { stdout } = await promisify(execFile)('sh', ['-c', script], { cwd: folder, env })
  expect(stdout).toContain('fraud-everywhere version 1 is models:/fraud-germany/1\n')
  expect(stdout).toMatch(/^2 +models:\/fraud-france\/1 +None +champion /m)
  expect(stdout).toContain('took version 1 out of fraud-everywhere\n')
  expect(stdout).toMatch(/^fraud-everywhere +1 +champion: 2 /m)
  const read = await server.get('registered-models/alias?name=fraud-everywhere&alias=champion')
  expect(read.json.model_version.source).toBe('models:/fraud-france/1')
  const ask = async (args: string[]) =>
    (
      await promisify(execFile)(`${root}bin/gatehouse`, ['collections', ...args], {
        cwd: folder,
        env,
      })
    ).stdout
  expect(await ask(['links-of', 'fraud-france', '1'])).toMatch(
    /^default +fraud-everywhere +2 +None /m,
  )
  await expect(ask(['withdraw', 'fraud-france', '1', 'elsewhere'])).rejects.toThrow(
    'is not linked in elsewhere',
  )
  const withdraw = ['withdraw', 'fraud-france', '1', 'fraud-everywhere', '--in']
  await expect(ask([...withdraw, 'team-b'])).rejects.toThrow('is not linked')
  expect(await ask([...withdraw, 'default'])).toBe(
    'withdrew fraud-france version 1 from fraud-everywhere of workspace default\n',
  )
  expect(await ask(['links-of', 'fraud-france', '1'])).toContain('is in no collection')
  await server.stop()
}, 120_000)
