import { chmod, lstat, mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startServer, temporaryFolder } from '../../support/gatehouse-process.ts'

/** The server's processes have the umask of the test. */
let before: number
beforeEach(() => {
  before = process.umask(0)
})
afterEach(() => {
  process.umask(before)
})

/** `drwx------ name` of everything below a folder, itself included. */
async function rightsBelow(folder: string): Promise<string[]> {
  const names = ['', ...(await readdir(folder, { recursive: true })).sort()]
  return Promise.all(
    names.map(async (name) => {
      const { mode } = await lstat(join(folder, name))
      return `${(mode & 0o777).toString(8)} ${name}`
    }),
  )
}

const areOpen = (rights: readonly string[]) => rights.filter((one) => !/^[67]00 /.test(one))

/** A server that has stored something of each kind. */
async function used(data: string, args: readonly string[] = []) {
  const server = await startServer(data, args)
  const put = (path: string) =>
    fetch(`${server.url}/api/2.0/mlflow-artifacts/artifacts/${path}`, { method: 'PUT', body: 'x' })
  expect((await put('0/run/artifacts/model/weights.bin')).status).toBe(200)
  const parts = { path: 'big.bin', num_parts: 1 }
  const create = '/api/2.0/mlflow-artifacts/mpu/create/0/run/artifacts/big.bin'
  const begun = await server.call('POST', create, parts)
  expect(begun.status, begun.text).toBe(200)
  const part = await fetch(new URL(begun.json.credentials[0].url, server.url), {
    method: 'PUT',
    body: 'part',
  })
  expect(part.status).toBe(200)
  return server
}

test('whatever the umask is, nobody but the owner reads what the server makes', async () => {
  const data = join(await temporaryFolder(), 'above', 'data')
  const server = await used(data)
  const running = await rightsBelow(data)
  expect(areOpen(running)).toEqual([])
  expect(running.join()).toMatch(/600 gatehouse\.db-wal/)
  expect(running).toEqual(expect.arrayContaining(['700 ', '700 artifacts', '600 signing-key']))
  expect(running.some((one) => /^600 artifacts\/incoming\/parts-.*\/1\//.test(one))).toBe(true)
  const { code, err } = await server.stop()
  expect([code, err]).toEqual([0, ''])
  expect(areOpen(await rightsBelow(data))).toEqual([])
})

test('a folder and files of an older release are closed at the start, and the log says so', async () => {
  const data = await temporaryFolder()
  const artifacts = join(await temporaryFolder(), 'blobs')
  const first = await startServer(data)
  await first.stop('SIGKILL')
  await writeFile(join(data, 'notes.txt'), 'not ours')
  await mkdir(artifacts)
  for (const name of ['gatehouse.db', 'gatehouse.db-wal', 'gatehouse.db-shm', 'signing-key'])
    await chmod(join(data, name), 0o644)
  for (const folder of [data, artifacts]) await chmod(folder, 0o755)
  const server = await used(data, ['--artifacts', artifacts])
  expect(areOpen(await rightsBelow(data))).toEqual(['666 notes.txt'])
  expect(areOpen(await rightsBelow(artifacts))).toEqual([])
  const { err } = await server.stop()
  const told = err
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(told.map(({ event }) => event)).toEqual(Array(6).fill('rights taken from others'))
  expect(told).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ path: data, before: '755', mode: '700' }),
      expect.objectContaining({ path: join(data, 'gatehouse.db-wal'), before: '644', mode: '600' }),
    ]),
  )
})

test('a folder that many write to is left as it is, and what is made in it is closed', async () => {
  const shared = await temporaryFolder()
  await chmod(shared, 0o1777)
  const server = await used(shared)
  expect(areOpen(await rightsBelow(shared))).toEqual(['777 '])
  const { err } = await server.stop()
  expect(err).toBe('')
})
