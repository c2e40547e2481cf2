import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unzipSync, type Zippable, zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { cardServer } from '../support/card-server.ts'
import { programAt, runHere } from '../support/program.ts'

/** A bundle of `fraud` version 1 as a file, and the key that signed it in another. */
async function madeBundle() {
  const server = await cardServer()
  await server.createModel('fraud')
  await server.seal('fraud', { 'code/a.py': 'print(1)\n' })
  await server.post('registered-models/alias', { name: 'fraud', alias: 'live', version: '1' })
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bundle-'))
  const file = join(folder, 'fraud.zip')
  const key = join(folder, 'key.pem')
  const run = programAt(server.app)
  const made = await run(['bundle', 'create', 'models:/fraud@live', '-o', file])
  await writeFile(key, (await run(['bundle', 'keys', '--pem'])).out)
  const verify = (path: string) => runHere(['bundle', 'verify', path, '--key', key])
  return {
    ...{ server, run, made, folder, file, key, verify },
    files: unzipSync(new Uint8Array(await readFile(file))),
    /** Verify a zip of these files. */
    async verifyOther(files: Zippable) {
      const other = join(folder, 'other.zip')
      await writeFile(other, zipSync(files))
      return verify(other)
    },
  }
}

test('a bundle is created, verified without a server, and told as JSON', async () => {
  const { made, file, key, verify, verifyOther, files } = await madeBundle()
  expect(made.out).toMatch(/fraud.zip: fraud version 1, signed by key [0-9a-f]{64}/)
  const found = await verify(file)
  expect([found.code, found.err]).toEqual([0, ''])
  expect(found.out).toContain('ok: fraud version 1, 2 files')
  const json = await runHere(['bundle', 'verify', file, '--key', key, '--json'])
  expect(JSON.parse(json.out)).toMatchObject({ ok: true, model: 'fraud', version: '1', files: 2 })
  expect((await verifyOther(files)).code).toBe(0)
})

test('keys are listed, and renewed', async () => {
  const { run, file, verify } = await madeBundle()
  const renewed = await run(['bundle', 'renew'])
  expect(renewed.out).toMatch(/^[0-9a-f]{64}\n$/)
  const listed = await run(['bundle', 'keys', '--json'])
  const items = JSON.parse(listed.out)
  expect(items.map(({ hint }: { hint: string }) => hint)[0]).toBe(renewed.out.trim())
  expect(items).toHaveLength(2)
  expect((await verify(file)).code).toBe(0)
})

describe('a zip that wants to do harm', () => {
  const link = { os: 3, attrs: 0o120777 << 16 }

  test('is refused with names that lead elsewhere, links and second names', async () => {
    const { files, verifyOther } = await madeBundle()
    const text = new TextEncoder().encode('x')
    const cases: readonly [Zippable, string][] = [
      [{ ...files, '../evil': text }, 'leads elsewhere'],
      [{ ...files, '/etc/evil': text }, 'leads elsewhere'],
      [{ ...files, 'model/../../evil': text }, 'leads elsewhere'],
      [{ ...files, 'model/MLmodel': [text, link] }, 'is a link'],
      [{ ...files, 'model/weights.bin': [text, { extra: { 28789: text } }] }, 'second name'],
      [{ ...files, 'model/evil.py': text }, 'in no list that was signed'],
      [{ ...files, 'MODEL/weights.bin': text }, 'in no list that was signed'],
    ]
    for (const [zip, why] of cases) {
      const { code, out } = await verifyOther(zip)
      expect([code, out]).toEqual([1, expect.stringContaining(why)])
    }
  })

  test('is refused with an entry that its list does not name, in front of or behind the others', async () => {
    const { files, folder, verify } = await madeBundle()
    const bytes = zipSync(files)
    const hidden = zipSync({ 'model/evil.py': new TextEncoder().encode('x') })
    const listOf = (zip: Uint8Array) => {
      const view = new DataView(zip.buffer)
      return { view, end: zip.length - 22, start: view.getUint32(zip.length - 6, true) }
    }
    const entry = hidden.subarray(0, listOf(hidden).start)
    for (const at of [0, listOf(bytes).start]) {
      const whole = new Uint8Array([...bytes.subarray(0, at), ...entry, ...bytes.subarray(at)])
      const { view, end } = listOf(whole)
      const start = listOf(bytes).start + entry.length
      view.setUint32(end + 16, start, true)
      for (let head = start; at === 0 && head < end; ) {
        view.setUint32(head + 42, view.getUint32(head + 42, true) + entry.length, true)
        const lengths = [28, 30, 32].map((field) => view.getUint16(head + field, true))
        head += 46 + lengths.reduce((a, b) => a + b)
      }
      expect(Object.keys(unzipSync(whole))).toEqual(Object.keys(files))
      const other = join(folder, 'hidden.zip')
      await writeFile(other, whole)
      const { code, out } = await verify(other)
      expect([code, out]).toEqual([1, expect.stringContaining('in no file of its list')])
    }
    // The beginning of an entry says that it is shorter, so that what follows is another one.
    new DataView(bytes.buffer).setUint32(18, 1, true)
    const shorter = join(folder, 'shorter.zip')
    await writeFile(shorter, bytes)
    const { code, out } = await verify(shorter)
    expect([code, out]).toEqual([1, expect.stringContaining('has two sizes')])
  })

  test('is not unpacked beyond what was signed, however small it is packed', async () => {
    const { files, folder, verify, verifyOther } = await madeBundle()
    const zeros = new Uint8Array(3_000_000)
    const large = { ...files, 'model/weights.bin': [zeros, { level: 1 }] } satisfies Zippable
    const told = await verifyOther(large)
    expect([told.code, told.out]).toEqual([1, expect.stringContaining('larger')])
    // It says of itself that it has one byte.
    const bytes = zipSync(large)
    const view = new DataView(bytes.buffer)
    for (let at = 0; at < bytes.length - 4; at++) {
      if (view.getUint32(at, true) === zeros.length) view.setUint32(at, 1, true)
    }
    const lying = join(folder, 'lying.zip')
    await writeFile(lying, bytes)
    const { code, out } = await verify(lying)
    expect([code, out]).toEqual([1, expect.stringMatching(/no zip that can be read|larger/)])
  })

  test('and one that is cut off, or none at all, is told in words', async () => {
    const { folder, file, verify } = await madeBundle()
    const bytes = await readFile(file)
    const broken = join(folder, 'broken.zip')
    for (const part of [
      bytes.subarray(0, bytes.length / 2),
      Buffer.from('no zip'),
      Buffer.alloc(0),
    ]) {
      await writeFile(broken, part)
      const { code, out } = await verify(broken)
      expect([code, out]).toEqual([1, expect.stringContaining('no zip that can be read')])
    }
    // The central directory says one name, and the file itself another.
    const at = bytes.indexOf('model/weights.bin')
    await writeFile(
      broken,
      Buffer.concat([bytes.subarray(0, at), Buffer.from('M'), bytes.subarray(at + 1)]),
    )
    expect((await verify(broken)).out).toContain('has two names')
    const none = await verify(join(folder, 'none.zip'))
    expect([none.code, none.err]).toEqual([1, expect.stringContaining('there is no file')])
  })
})

test('a key that is none, or none at all, is told in words', async () => {
  const { file, folder } = await madeBundle()
  const wrong = join(folder, 'wrong.pem')
  await writeFile(wrong, 'no key')
  const refused = await runHere(['bundle', 'verify', file, '--key', wrong])
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('no public key')])
  const without = await runHere(['bundle', 'verify', file])
  expect([without.code, without.err]).toEqual([1, expect.stringContaining('--key')])
})
