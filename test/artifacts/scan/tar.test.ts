import { expect, test } from 'vitest'
import { scanFile } from '../../../src/artifacts/scan/scan-file.ts'
import { bytes, scanText, sourceOf, told } from './scanning.ts'

const evil = 'cos\nsystem\n(S"id"\ntR.'
const system = ['dangerous os.system']

type Entry = {
  readonly name: string
  readonly text?: string
  readonly type?: string
  readonly size?: string
  readonly prefix?: string
}

const filled = (text: string) => text.padEnd(Math.ceil(text.length / 512) * 512, '\0')

/** A header with its sum. @param magic archives before POSIX have none */
function headerOf(
  { name, text = '', type = '0', size, prefix = '' }: Entry,
  magic: string,
): string {
  const octal = size ?? `${text.length.toString(8).padStart(11, '0')}\0`
  const [before, behind] = [
    `${name.padEnd(100, '\0')}${'\0'.repeat(24)}${octal.padEnd(12, '\0')}${'\0'.repeat(12)}`,
    `${type}${'\0'.repeat(100)}${magic.padEnd(88, '\0')}${prefix.padEnd(167, '\0')}`,
  ]
  const sum = [...`${before}        ${behind}`].reduce((all, one) => all + one.charCodeAt(0), 0)
  return `${before}${sum.toString(8).padStart(6, '0')}\0 ${behind}`
}

const filesOf = (entries: readonly Entry[], magic = 'ustar\x0000') =>
  entries.map((entry) => headerOf(entry, magic) + filled(entry.text ?? '')).join('')
const tarOf = (...entries: Entry[]) => filesOf(entries) + '\0'.repeat(1024)
const record = (text: string) => `${text.length + 4} ${text}\n`

test.each([
  ['a pickle', [{ name: 'w.bin', text: evil }]],
  [
    'the second of two',
    [
      { name: 'a.yaml', text: 'a: 1' },
      { name: './w.ckpt', text: evil },
    ],
  ],
  ['one of a type that nobody knows', [{ name: 'w.bin', text: evil, type: 'Q' }]],
])('%s in an archive of tar is followed, whatever that is named', async (_, entries) => {
  for (const name of ['m.nemo', 'm.tar', 'm.bin', 'm.pt', 'm']) {
    expect(await scanText(name, tarOf(...entries)), name).toEqual(system)
    const old = filesOf(entries, '') + '\0'.repeat(1024)
    expect(await scanText(name, old), `${name}, without a mark`).toEqual(system)
  }
})

test.each([
  ['code dir/a.py', [{ name: 'a.py', prefix: 'dir' }]],
  ['code long/a.py', [{ name: 'x', text: 'long/a.py\0', type: 'L' }, { name: 'short' }]],
  ['code long/a.py', [{ name: 'x', text: record('path=long/a.py'), type: 'x' }, { name: 'short' }]],
  ['template chat.jinja', [{ name: 'dir', type: '5' }, { name: 'chat.jinja' }]],
])('%s is told of the name in an archive', async (expected, entries) => {
  expect(await scanText('m.tar', tarOf(...entries))).toEqual([expected])
})

test('a large file in one is read where it stands, and what follows it too', async () => {
  const large = 'x'.repeat(5_000_000)
  const text = tarOf({ name: 'a.bin', text: large }, { name: 'b.bin', text: evil })
  expect(await scanText('m.tar', text)).toEqual(system)
  const size = record(`size=${large.length}`)
  const said = tarOf(
    { name: 'x', text: size, type: 'x' },
    { name: 'a.bin', text: large, size: '0\0' },
  )
  expect(await scanText('m.tar', said)).toEqual([])
})

test.each([
  ['the archive ends too early', filesOf([{ name: 'a.bin', text: 'abc' }])],
  ['the archive ends too early', tarOf({ name: 'a.bin', size: '77777777777\0' })],
  ['its list of files is damaged', `${filesOf([{ name: 'a' }])}${'x'.repeat(512)}`],
  [
    'something stands behind the end of the archive',
    `${tarOf({ name: 'a' })}${tarOf({ name: 'b' })}`,
  ],
  ['a size in its list of files cannot be told', tarOf({ name: 'a', size: '-1\0' })],
  ['a size in its list of files cannot be told', tarOf({ name: 'a', size: '1_0\0' })],
  [
    'a size in its list of files cannot be told',
    tarOf({ name: 'a', size: `\x80${'\xff'.repeat(11)}` }),
  ],
  [
    'the size of "a" cannot be told',
    tarOf({ name: 'x', text: record('size=-5'), type: 'x' }, { name: 'a' }),
  ],
  ['"a" is a link or no plain file', tarOf({ name: 'a', type: '2' })],
  ['"a" is a folder that has bytes', tarOf({ name: 'a', type: '5', text: evil })],
  ['"../a" would be unpacked outside of its folder', tarOf({ name: '../a' })],
  ['"/a" would be unpacked outside of its folder', tarOf({ name: '/a' })],
  [
    'what its list says of a file cannot be told',
    tarOf({ name: 'x', text: record('path=a'), type: 'g' }, { name: 'b' }),
  ],
  [
    'what its list says of a file cannot be told',
    tarOf({ name: 'x', text: '99 path=a\n', type: 'x' }, { name: 'b' }),
  ],
  [
    'what its list says of a file cannot be told',
    tarOf({ name: 'x', text: record('GNU.sparse.major=1'), type: 'x' }, { name: 'b' }),
  ],
  [
    'a name in its list of files is too long',
    tarOf({ name: 'x', text: 'a'.repeat(70_000), type: 'L' }, { name: 'b' }),
  ],
  ["'a.tar' is an archive in an archive", tarOf({ name: 'a.tar', text: tarOf({ name: 'b' }) })],
])('%s: that is said of an archive', async (why, text) => {
  expect(await scanText('m.tar', text)).toEqual([`unread ${why}`])
})

test('what is told by one reader and not by another is told', async () => {
  // Its first bytes are the name of its first file.
  expect(await scanText('m.pkl', tarOf({ name: evil }))).toEqual(system)
  const array = '\x93NUMPY\x01\x00v\x00'
  expect(await scanText('m.npy', tarOf({ name: array }, { name: 'w', text: evil }))).toContain(
    system[0],
  )
  const zip = tarOf({ name: 'PK\x03\x04' }, { name: 'w', text: evil })
  expect(await scanText('m.zip', `${zip}PK\x05\x06${'\0'.repeat(18)}`)).toContain(system[0])
})

const scanPacked = async (...parts: readonly Uint8Array<ArrayBuffer>[]) => {
  const { readable, writable } = new CompressionStream('gzip')
  const packed = new Response(readable).arrayBuffer()
  const writer = writable.getWriter()
  for (const part of parts) await writer.write(part)
  await writer.close()
  const source = sourceOf(new Uint8Array(await packed))
  return told('m.tar.gz', await scanFile(source, 'm.tar.gz'))
}

test('an archive that is compressed is read as far as it holds no other', async () => {
  const small = tarOf({ name: 'a', text: 'a: 1' }, { name: 'b', text: evil })
  expect(await scanPacked(bytes(small))).toEqual(system)
  const large = { name: 'b.zip', text: `PK\x03\x04${'x'.repeat(5_000_000)}` }
  expect(await scanPacked(bytes(tarOf(large)))).toEqual([
    "unread 'b.zip' is an archive in one that is compressed",
  ])
})

test('what is damaged behind the part that is read is unread, and no failure', async () => {
  const { readable, writable } = new CompressionStream('gzip')
  const packed = new Response(readable).arrayBuffer()
  const writer = writable.getWriter()
  await writer.write(crypto.getRandomValues(new Uint8Array(40_000)))
  await writer.write(bytes(`(S'a'\n.${'N'.repeat(40_000)}.`))
  await writer.close()
  const whole = new Uint8Array(await packed)
  for (const name of ['m.pkl.gz', 'm.joblib']) {
    for (let end = 600; end < whole.length; end += 1000) {
      const scan = await scanFile(sourceOf(whole.subarray(0, end), 4096), name)
      expect(scan.unread === undefined || /damaged|opcodes|early/.test(scan.unread)).toBe(true)
    }
  }
})

// Large files are unpacked anew from the beginning, which a small archive could ask for many times.
test('an archive that is compressed is unpacked so often and no more, and the process goes on', async () => {
  const file = new Uint8Array(8192 * 520)
  const header = bytes(headerOf({ name: 'a', size: file.length.toString(8) }, 'ustar\x0000'))
  const files = Array.from({ length: 24 }, () => [header, file]).flat()
  expect(await scanPacked(...files, new Uint8Array(1024))).toEqual([
    'unread it would have to be unpacked too often',
  ])
})

test('no byte of a header can be changed so that what an archive holds is neither told nor unread', async () => {
  const text = tarOf({ name: 'a.bin', text: evil })
  for (let at = 0; at < 512; at++) {
    for (const byte of ['\0', '0', '7', '\x80', '\xff', ' ']) {
      const changed = `${text.slice(0, at)}${byte}${text.slice(at + 1)}`
      const found = await scanText('m.tar', changed)
      // Without its sum it is an archive to nobody.
      const isNone = found.length === 0 && at < 512 && !isSummed(changed)
      expect(isNone || found.length > 0, `${at} ${JSON.stringify(byte)}`).toBe(true)
    }
  }
})

function isSummed(text: string): boolean {
  const header = `${text.slice(0, 148)}        ${text.slice(156, 512)}`
  const sum = [...header].reduce((all, one) => all + one.charCodeAt(0), 0)
  return Number.parseInt(text.slice(148, 156), 8) === sum
}
