import { mkdir, readdir, readFile, readlink, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { digestManifest } from '../../src/artifacts/manifest.ts'
import { sha256 } from '../../src/platform/node/sha256.ts'
import type { Answering } from '../support/client.ts'
import { startCommand, startServer, temporaryFolder } from '../support/gatehouse-process.ts'
import { programAt } from '../support/program.ts'
import { registryServer } from '../support/registry-server.ts'

/** A server with model `fraud`; a command line that asks it, and notes what it fetches. */
async function world() {
  const server = await registryServer()
  await server.createModel('fraud')
  const fetched: string[] = []
  /** What stands between the server and the command. */
  const between: { alter?: (path: string, res: Response) => Promise<Response> | Response } = {}
  const app: Answering = {
    request: async (path, init) => {
      const { range } = Object.fromEntries(new Headers(init?.headers))
      if (path.includes('/artifacts/')) fetched.push(range ?? 'whole')
      const res = await server.app.request(path, init)
      return between.alter ? between.alter(path, res) : res
    },
  }
  const root = join(await temporaryFolder(), 'models')
  const ask = programAt(app)
  return {
    ...server,
    fetched,
    between,
    root,
    /** A new sealed version of these files. */
    async seal(files: Readonly<Record<string, string>>) {
      const { runId, root: at } = await server.createRun()
      for (const [path, text] of Object.entries(files)) await server.upload(`${at}/m/${path}`, text)
      const made = await server.createVersion('fraud', `runs:/${runId}/m`, { run_id: runId })
      return made.json.model_version.version as string
    },
    pull: (uri: string, ...more: string[]) => ask(['pull', uri, root, '--json', ...more]),
  }
}

const files = {
  MLmodel: 'flavors: {}',
  'data/weights.bin': 'w'.repeat(1000),
  'data/copy.bin': 'w'.repeat(1000),
}

describe('pull', () => {
  test('fetches a version into a folder of its digest, once, and links it', async () => {
    const { seal, pull, root, fetched } = await world()
    await seal(files)
    const link = join(root, '..', 'current')
    const { code, out, err } = await pull('models:/fraud/1', '--link', link)
    expect([code, err]).toEqual([0, ''])
    const pulled = JSON.parse(out)
    expect(pulled).toMatchObject({ model: 'fraud', version: '1', files: 3, fetched: 2 })
    const hex = pulled.digest.slice('sha256:'.length)
    expect(await readlink(link)).toBe(`models/${hex}`)
    for (const [path, text] of Object.entries(files)) {
      expect(await readFile(join(link, path), 'utf8')).toBe(text)
    }
    expect((await readdir(root)).sort()).toEqual([hex, `${hex}.json`])
    fetched.length = 0
    expect(JSON.parse((await pull('models:/fraud/latest')).out)).toMatchObject({ fetched: 0 })
    expect(fetched).toEqual([])
  })

  test('fetches of the next version only what changed', async () => {
    const { seal, pull, fetched } = await world()
    await seal(files)
    await pull('models:/fraud/1')
    await seal({ ...files, MLmodel: 'flavors: {x: 1}' })
    fetched.length = 0
    const { out } = await pull('models:/fraud/2')
    expect(JSON.parse(out)).toMatchObject({ files: 3, fetched: 1 })
    expect(fetched).toEqual(['whole'])
  })

  test('goes on where it broke, and mends what somebody changed, added or took away', async () => {
    const { seal, pull, fetched, root } = await world()
    await seal(files)
    const { folder, digest } = JSON.parse((await pull('models:/fraud/1')).out)
    const list = JSON.parse(await readFile(join(root, `${digest.slice(7)}.json`), 'utf8'))
    const [mlmodel] = list
    expect(mlmodel.path).toBe('MLmodel')
    await writeFile(join(folder, 'MLmodel'), 'flavors: {y: 2}')
    await writeFile(join(folder, 'data/more.bin'), 'more')
    await writeFile(join(root, `${mlmodel.sha256}.part`), files.MLmodel.slice(0, 4))
    fetched.length = 0
    expect((await pull('models:/fraud/1')).code).toBe(0)
    expect(fetched).toEqual(['bytes=4-'])
    expect(await readFile(join(folder, 'MLmodel'), 'utf8')).toBe(files.MLmodel)
    expect((await readdir(join(folder, 'data'))).sort()).toEqual(['copy.bin', 'weights.bin'])
  })

  test('keeps nothing of a file that came with other bytes, and leaves the link', async () => {
    const { seal, pull, between, root } = await world()
    await seal(files)
    const link = join(root, '..', 'current')
    await pull('models:/fraud/1', '--link', link)
    const before = await readlink(link)
    await seal({ ...files, MLmodel: 'flavors: {x: 1}' })
    between.alter = (path, res) =>
      path.includes('/artifacts/') ? new Response('other bytes') : res
    const { code, err } = await pull('models:/fraud/2', '--link', link)
    expect([code, err]).toEqual([
      1,
      "gatehouse: 'MLmodel' came with other bytes than were sealed; it was thrown away\n",
    ])
    expect(await readlink(link)).toBe(before)
    expect((await readdir(root)).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  test.each(['../../evil', '/etc/evil', 'a/../../../evil', 'a\\..\\evil', ''])(
    'writes no file to %j, which a server might name',
    async (path) => {
      const { seal, pull, between, root } = await world()
      await seal(files)
      const list = [{ path, size: 4, sha256: '0'.repeat(64) }]
      const digest = await digestManifest({ sha256 }, [
        { path, sizeBytes: 4, sha256: '0'.repeat(64) },
      ])
      between.alter = async (at, res) => {
        if (at.includes('/files')) return Response.json({ sealed: true, digest, items: list })
        if (!at.includes('/resolve')) return new Response('evil')
        return Response.json({ ...(await res.json()), digest })
      }
      const { code, err } = await pull('models:/fraud/1')
      expect([code, err]).toEqual([1, expect.stringContaining('outside of the folder')])
      await expect(stat(join(root, '..', 'evil'))).rejects.toThrow('ENOENT')
    },
  )

  test('takes no list that is not that of the digest, and no version without one', async () => {
    const { seal, pull, between, createVersion } = await world()
    await seal(files)
    await createVersion('fraud', 's3://elsewhere/model')
    expect((await pull('models:/fraud/2')).err).toContain("version 2 of 'fraud' is not sealed")
    between.alter = (at, res) =>
      at.includes('/files') ? Response.json({ sealed: true, items: [] }) : res
    expect((await pull('models:/fraud/1')).err).toContain(
      "the server's list of files is not that of",
    )
  })

  test('takes no name that is not a link', async () => {
    const { seal, pull, root, fetched } = await world()
    await seal(files)
    const link = join(root, '..', 'current')
    await mkdir(link)
    const { code, err } = await pull('models:/fraud/1', '--link', link)
    expect([code, err]).toEqual([1, expect.stringContaining('is there and no link')])
    expect(fetched).toEqual([])
  })
})

test('watch runs its command at the start and at each change, again until it ends well, also after the server was away', async () => {
  const data = await temporaryFolder()
  let server = await startServer(data)
  const { port } = new URL(server.url)
  const move = (version: string) =>
    server.post('model-versions/transition-stage', {
      name: 'fraud',
      version,
      stage: 'Production',
      archive_existing_versions: true,
    })
  await server.post('registered-models/create', { name: 'fraud' })
  for (let i = 0; i < 3; i++) {
    await server.post('model-versions/create', { name: 'fraud', source: 's3://b/m' })
  }
  await move('1')
  const log = join(data, 'log')
  // The second run of all fails, and is tried again.
  const script = `echo "$GATEHOUSE_MODEL $GATEHOUSE_VERSION $GATEHOUSE_STAGE" >> ${log}; [ $(wc -l < ${log}) -ne 2 ]`
  const watch = startCommand([
    'watch',
    'models:/fraud/Production',
    '--server',
    server.url,
    '--exec',
    script,
  ])
  const lines = async (count: number) => {
    for (let i = 0; i < 200; i++) {
      const text = await readFile(log, 'utf8').catch(() => '')
      if (text.split('\n').length > count) return text.trim().split('\n')
      await wait(50)
    }
    throw new Error(`the command was not run ${count} times: ${watch.out()}`)
  }
  await lines(1)
  await move('2')
  await lines(3)
  await server.stop('SIGKILL')
  server = await startServer(data, ['--port', port])
  await move('3')
  expect(await lines(4)).toEqual([
    'fraud 1 Production',
    'fraud 2 Production',
    'fraud 2 Production',
    'fraud 3 Production',
  ])
  const { out, err } = await watch.stop()
  expect(out).toContain('models:/fraud/Production is fraud 2 in Production')
  expect(err).toContain('the server cannot be followed')
  await server.stop()
}, 60_000)
