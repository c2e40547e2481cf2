import { mkdir, mkdtemp, readdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { sha256 } from '../../src/platform/node/sha256.ts'
import { S3BlobStore } from '../../src/platform/s3/s3-blob-store.ts'
import { startS3Server } from '../node/storage/s3-server.ts'
import { body } from '../platform/blob-store-suite.ts'
import { runHere } from '../support/program.ts'

/** What `mlflow server --serve-artifacts` 3.17.2 leaves in `mlartifacts/`: experiment, run or model, artifacts. */
const layout = {
  '0/6c0e9f0a1b2c3d4e5f60718293a4b5c6/artifacts/notes/über uns+1 100%.txt': 'notes',
  '0/6c0e9f0a1b2c3d4e5f60718293a4b5c6/artifacts/empty.txt': '',
  '1/models/m-0a1b2c3d4e5f60718293a4b5c6d7e8f9/artifacts/MLmodel': 'flavors: {}',
  '1/models/m-0a1b2c3d4e5f60718293a4b5c6d7e8f9/artifacts/data/model.skops': 'weights',
  '1/models/m-1a1b2c3d4e5f60718293a4b5c6d7e8f9/artifacts/data/model.skops': 'weights',
} as const

const folder = () => mkdtemp(join(tmpdir(), 'gatehouse-artifacts-'))

async function filled(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await folder()
  const before = new Date(Date.now() - 60_000)
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
    await utimes(join(root, path), before, before)
  }
  return root
}

async function read(root: string): Promise<Record<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')))
  return Object.fromEntries(paths.map((path, i) => [path.slice(root.length + 1), texts[i] ?? '']))
}

const keys = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test-secret' }
const run = (...args: string[]) => runHere(['artifacts', ...args], { env: keys })

/** What it prints, a line each; that it ended well. */
async function artifacts(...args: string[]): Promise<string[]> {
  const { code, out, err } = await run(...args)
  if (code !== 0) throw new Error(err)
  return out.trimEnd().split('\n')
}

/** A data folder that a server has used. */
async function used(): Promise<string> {
  const data = await folder()
  await artifacts('import', await folder(), '--data', data)
  return data
}

test("what MLflow's server left comes back out under the same paths, equal files stored once", async () => {
  const [source, data, out] = [await filled(layout), await folder(), await folder()]
  const took = await artifacts('import', source, '--data', data)
  expect(took).toEqual(['took in 5 files of 30 bytes; 0 were there already, 0 refused'])
  await artifacts('export', '1', join(out, 'one'), '--data', data)
  expect(await read(join(out, 'one'))).toEqual({
    'models/m-0a1b2c3d4e5f60718293a4b5c6d7e8f9/artifacts/MLmodel': 'flavors: {}',
    'models/m-0a1b2c3d4e5f60718293a4b5c6d7e8f9/artifacts/data/model.skops': 'weights',
    'models/m-1a1b2c3d4e5f60718293a4b5c6d7e8f9/artifacts/data/model.skops': 'weights',
  })
  await artifacts('export', '0', join(out, 'zero'), '--data', data)
  expect(Object.values(await read(join(out, 'zero'))).sort()).toEqual(['', 'notes'])
  const blobs = await readdir(join(data, 'artifacts', 'blobs'), { recursive: true })
  expect(blobs.filter((name) => name.length > 30)).toHaveLength(4)
})

test('an import that is run again reads only what changed', async () => {
  const [source, data, out] = [await filled(layout), await folder(), await folder()]
  await artifacts('import', source, '--data', data)
  await writeFile(join(source, '1/new'), 'new')
  const took = await artifacts('import', source, '--data', data)
  expect(took).toEqual(['took in 1 files of 3 bytes; 5 were there already, 0 refused'])
  await artifacts('export', '1/new', out, '--data', data)
  expect(await read(out)).toEqual({ new: 'new' })
})

test('--to puts everything below a path', async () => {
  const [source, data, out] = [await filled({ 'a/b': 'text' }), await folder(), await folder()]
  await artifacts('import', source, '--to', 'old/server', '--data', data)
  await artifacts('export', 'old', out, '--data', data)
  expect(await read(out)).toEqual({ 'server/a/b': 'text' })
})

test('names that the store refuses and a symbolic link are left out, the rest is taken in', async () => {
  const files = { 'a#b': 'x', 'model-versions/1/MLmodel': 'x', good: 'y' }
  const [source, data] = [await filled(files), await folder()]
  await symlink('/etc/passwd', join(source, 'link'))
  const { code, out, err } = await run('import', source, '--data', data)
  expect(out).toBe('took in 1 files of 1 bytes; 0 were there already, 2 refused\n')
  expect(err).toContain('refused a#b')
  expect(err).toContain('refused model-versions/1/MLmodel')
  expect(code).toBe(1)
})

test('an export never writes through a symbolic link out of its folder', async () => {
  const [source, data] = [await filled({ 'a/b': 'text' }), await folder()]
  const [out, elsewhere] = [await folder(), await folder()]
  await artifacts('import', source, '--data', data)
  await symlink(elsewhere, join(out, 'a'))
  await expect(artifacts('export', '/', out, '--data', data)).rejects.toThrow()
  await expect(artifacts('export', '', out, '--data', data)).rejects.toThrow('outside')
  expect(await readdir(elsewhere)).toEqual([])
})

test('an export of what is not there, and an import of no folder, say so', async () => {
  const data = await used()
  await expect(artifacts('export', 'nowhere', data, '--data', data)).rejects.toThrow('nowhere')
  await expect(artifacts('export', 'models:/nobody/1', data, '--data', data)).rejects.toThrow(
    'nobody',
  )
  await expect(artifacts('import', join(data, 'none'), '--data', data)).rejects.toThrow('no folder')
  await symlink('loop', join(data, 'loop'))
  await expect(artifacts('import', join(data, 'loop'), '--data', data)).rejects.toThrow('ELOOP')
})

test('a bucket that MLflow filled is taken in', async () => {
  const s3 = await startS3Server()
  try {
    const options = await s3.bucket('mlflow/')
    const bucket = new S3BlobStore(options, sha256)
    for (const [path, text] of Object.entries(layout)) {
      await bucket.put(path, body(new TextEncoder().encode(text), 100))
    }
    const [data, out] = [await folder(), await folder()]
    const from = [`s3://${options.bucket}/mlflow`, '--s3-endpoint', s3.endpoint]
    await artifacts('import', ...from, '--data', data)
    await artifacts('export', '', out, '--data', data)
    expect(await read(out)).toEqual(layout)
  } finally {
    await s3.stop()
  }
}, 300_000)

test('gc on the command line says what it removed', async () => {
  const data = await used()
  const gc = (...args: string[]) => runHere(['gc', '--data', data, ...args])
  const dry = await gc('--dry-run')
  expect(dry).toMatchObject({ code: 0, err: '' })
  expect(dry.out).toMatch(/^would remove 0 files of 0 bytes, 0 manifests\n/)
  const real = await gc('--json')
  expect(real.err).toBe(`gatehouse: working on the database ${join(data, 'gatehouse.db')}\n`)
  expect(JSON.parse(real.out)).toEqual({
    files: { count: 0, size_bytes: 0 },
    ...{ manifests: 0, uploads: 0, orphans: 0, leftovers: 0 },
  })
  expect((await gc('--grace', 'soon')).err).toContain("'soon' is no duration")
})

test('verify lists every file that is missing or changed with all that shows it, and fails', async () => {
  const [source, data] = [await filled(layout), await folder()]
  await artifacts('import', source, '--data', data)
  const sound = await artifacts('verify', '--data', data)
  expect(sound).toEqual(['read 4 files of 23 bytes; 0 damaged'])
  const blobs = join(data, 'artifacts', 'blobs')
  for (const [path, text] of Object.entries(await read(blobs))) {
    if (text === 'weights') await writeFile(join(blobs, path), 'WEIGHTS')
    if (text === 'notes') await rm(join(blobs, path))
  }
  const { code, out } = await run('verify', '--data', data)
  expect(out.trimEnd().split('\n').sort()).toEqual([
    'changed 1/models/m-0a1b2c3d4e5f60718293a4b5c6d7e8f9/artifacts/data/model.skops',
    'changed 1/models/m-1a1b2c3d4e5f60718293a4b5c6d7e8f9/artifacts/data/model.skops',
    'missing 0/6c0e9f0a1b2c3d4e5f60718293a4b5c6/artifacts/notes/über uns+1 100%.txt',
    'read 4 files of 23 bytes; 2 damaged',
  ])
  expect(code).toBe(1)
})
