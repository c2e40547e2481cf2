import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startServer, temporaryFolder } from '../support/gatehouse-process.ts'

const root = new URL('../../', import.meta.url).pathname
const page = await readFile(`${root}docs/between-servers.md`, 'utf8')

test('the upload of docs/between-servers.md sends bytes once, and then their sum', async () => {
  const folder = await temporaryFolder()
  const server = await startServer(folder)
  await writeFile(`${folder}/model.bin`, 'weights')
  const [, script = ''] = /^```sh\n(sum=[\s\S]*?)^```$/m.exec(page) ?? []
  const upload = async (to: string) => {
    const env = { ...process.env, MLFLOW_TRACKING_URI: server.url, FOLDER: to }
    const traced = script.replaceAll('curl -sf', "curl -sf -o /dev/null -w '%{http_code} '")
    return (await promisify(execFile)('sh', ['-c', traced], { cwd: folder, env })).stdout.trim()
  }
  expect(await upload('a')).toBe('404 200')
  expect(await upload('b')).toBe('201')
  const read = await fetch(`${server.url}/api/2.0/mlflow-artifacts/artifacts/b/model.bin`)
  expect(await read.text()).toBe('weights')
  await server.stop()
})
