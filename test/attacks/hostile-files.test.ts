import { sql } from 'drizzle-orm'
import { expect, test } from 'vitest'
import type { ByteSource } from '../../src/artifacts/scan/byte-reader.ts'
import { findingsOf } from '../../src/artifacts/scan/findings.ts'
import { scanFile } from '../../src/artifacts/scan/scan-file.ts'
import { sweepScans } from '../../src/artifacts/scan/scan-manifests.ts'
import { testServer } from '../support/server.ts'

function bytes(text: string): Uint8Array<ArrayBuffer> {
  const made = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) made[i] = text.charCodeAt(i)
  return made
}

const text300 = `X\x2c\x01\x00\x00${'a'.repeat(300)}`

function sourceOf(whole: Uint8Array): ByteSource {
  return {
    sizeBytes: whole.length,
    canSeek: true,
    async *open(start, end = whole.length) {
      yield whole.subarray(start, end)
    },
  }
}

async function scanned(path: string, content: Uint8Array): Promise<string[]> {
  const scan = await scanFile(sourceOf(content), path)
  return findingsOf({ told: [{ ...scan, path }] }).map(({ what, detail }) => `${what} ${detail}`)
}

/** An archive that lists so many files: those of `pickles` in turn, which stand far from each other. */
function archiveOf(pickles: readonly string[], count: number, gapBytes = 0) {
  const locals = pickles.map((pickle, i) => {
    const head = new DataView(new ArrayBuffer(30))
    head.setUint32(0, 0x04034b50, true)
    head.setUint16(26, 5, true)
    return [...new Uint8Array(head.buffer), ...bytes(`${i}.pkl${pickle}`)]
  })
  const startOf = (i: number) =>
    locals.slice(0, i).reduce((sum, local) => sum + local.length + gapBytes, 0)
  const entries = pickles.map((pickle, i) => {
    const entry = new DataView(new ArrayBuffer(46))
    entry.setUint32(0, 0x02014b50, true)
    entry.setUint32(20, pickle.length, true)
    entry.setUint16(28, 5, true)
    entry.setUint32(42, startOf(i), true)
    return [...new Uint8Array(entry.buffer), ...bytes(`${i}.pkl`)]
  })
  const listAt = startOf(pickles.length)
  const whole = new Uint8Array(listAt + count * 51 + 22)
  for (const [i, local] of locals.entries()) whole.set(local, startOf(i))
  for (let i = 0; i < count; i++) whole.set(entries[i % entries.length] ?? [], listAt + i * 51)
  const end = new DataView(whole.buffer, listAt + count * 51)
  end.setUint32(0, 0x06054b50, true)
  end.setUint32(12, count * 51, true)
  end.setUint32(16, listAt, true)
  return whole
}

test('texts that a pickle piles up are not kept without end', async () => {
  const deep = bytes(`\x80\x02${text300.repeat(30_000)}.`)
  expect(await scanned('a.pkl', deep)).toEqual(['unread its stack holds too much text'])
})

test('a name made of a text that was forgotten is one that cannot be told', async () => {
  const many = `${`${text300}\x940`.repeat(40_000)}\x8c\x02os\x940j\x40\x9c\x00\x00`
  expect(await scanned('a.pkl', bytes(`\x80\x04${many}\x8c\x06system\x93.`))).toEqual([
    'dangerous a name made while loading',
  ])
})

test('an archive that lists very many files ends, and each pickle takes what it is worth', async () => {
  // A number of the memo that is as high as can be.
  const pickles = ['\x80\x02Nr\x00\x00\xf0\x00.']
  expect(await scanned('a.pt', archiveOf(pickles, 20_000))).toEqual([])
  expect(await scanned('a.pt', archiveOf(pickles, 20_001))).toEqual([
    'unread its list of files is too long',
  ])
})

test('settings of very many values are not parsed', async () => {
  const few = bytes(`[${'[],'.repeat(90_000)}1]`)
  expect(await scanned('config.json', few)).toEqual([])
  expect(await scanned('config.json', bytes(`[${'[],'.repeat(110_000)}1]`))).toEqual([
    'unread its settings have too many values',
  ])
})

test('one file that makes the store work for nothing keeps nobody waiting', async () => {
  const s = await testServer()
  let reads = 0
  const { get } = s.platform.blobs
  s.platform.blobs.get = (...given) => {
    reads++
    return get.apply(s.platform.blobs, given)
  }
  const register = async (name: string, file: string, body: Uint8Array<ArrayBuffer>) => {
    const run = await s.post('runs/create', { experiment_id: '0', start_time: 1 })
    const { run_id, artifact_uri } = run.json.run.info
    const folder = artifact_uri.replace('mlflow-artifacts:/', '')
    await s.app.request(`/api/2.0/mlflow-artifacts/artifacts/${folder}/model/${file}`, {
      ...{ method: 'PUT', body },
    })
    await s.post('registered-models/create', { name })
    await s.post('model-versions/create', { name, source: `${artifact_uri}/model`, run_id })
  }
  const far = archiveOf(['\x80\x02N.', '\x80\x02N.', '\x80\x02N.'], 3000, 400_000)
  await register('far', 'a.pt', far)
  await register('near', 'a.pkl', bytes('cos\nsystem\n.'))
  reads = 0
  await sweepScans(s.platform)
  expect(reads).toBeLessThan(2100)
  await sweepScans(s.platform)
  const scan = async (name: string) =>
    (await s.call('GET', `/api/v1/models/${name}/versions/1/scan`)).json
  expect((await scan('far')).findings).toMatchObject([
    { what: 'unread', detail: 'its parts lie in too many places' },
  ])
  expect((await scan('near')).findings).toMatchObject([{ what: 'dangerous' }])
  const waiting = await s.platform.db.all(sql`select 1 from manifests_to_scan`)
  expect(waiting).toEqual([])
})
