import { expect, test } from 'vitest'
import { fileKindOf } from '../../../src/artifacts/scan/file-kinds.ts'
import { scanFile } from '../../../src/artifacts/scan/scan-file.ts'
import { bytes, scanText, sourceOf, told } from './scanning.ts'

const evil = 'cos\nsystem\n(S"id"\ntR.'
const system = ['dangerous os.system']

/** An array whose header says `type` of what is in it, with a pickle behind. */
function arrayOf(type: string): string {
  const header = `{'descr': ${type}, 'fortran_order': False, 'shape': (1,), }\n`
  return `\x93NUMPY\x01\x00${String.fromCharCode(header.length)}\x00${header}${evil}`
}

test.each([
  `'|O'`,
  `'obj' 'ect'`,
  `'obj'\t"ect"`,
  `u'obj'u'ect'`,
  `'''object'''`,
  `('|' # '\n'O')`,
  `'ob' # '\n 'ject'`,
  `[('a', '<f8'), ('b', 'ob' 'ject')]`,
])('an array of type %s is one of objects, as NumPy reads it', async (type) => {
  expect(await scanText('a.npy', arrayOf(type))).toEqual(system)
})

test.each([`'<f8'`, `[('', '|V4'), ('Only', '<i4'), ("it's", '<i4', (2,))]`])(
  'an array of type %s is one of numbers',
  async (type) => {
    expect(await scanText('a.npy', arrayOf(type))).toEqual([])
  },
)

function numberText(value: number, count: number): string {
  return Array.from({ length: count }, (_, i) =>
    String.fromCharCode((value >> (8 * i)) & 0xff),
  ).join('')
}

/** An archive of files that are not packed. */
function archiveOf(files: Readonly<Record<string, string>>): string {
  let body = ''
  let list = ''
  for (const [name, text] of Object.entries(files)) {
    const sizes = `${numberText(0, 4)}${numberText(text.length, 4)}${numberText(text.length, 4)}`
    const header = `${numberText(20, 2)}${'\0'.repeat(8)}${sizes}${numberText(name.length, 2)}\0\0`
    list += `PK\x01\x02\x14\0${header}${'\0'.repeat(10)}${numberText(body.length, 4)}${name}`
    body += `PK\x03\x04${header}${name}${text}`
  }
  const count = numberText(Object.keys(files).length, 2)
  const places = `${numberText(list.length, 4)}${numberText(body.length, 4)}`
  return `${body}${list}PK\x05\x06\0\0\0\0${count}${count}${places}\0\0`
}

test('what an archive of NumPy has is read, though it looks like one of PyTorch', async () => {
  const files = { 'data.pkl': '}.', 'data/0': arrayOf("'|O'") }
  expect(await scanText('a.npz', archiveOf(files))).toEqual(system)
  expect(await scanText('a.pt', archiveOf(files))).toEqual([])
})

test('equal bytes are read anew where the name says that they are looked at otherwise', () => {
  const kinds = ['a.pt', 'a.npz', 'a.h5', 'a.bin', 'config.json', 'a.pb'].map(fileKindOf)
  expect(new Set(kinds).size).toBe(kinds.length)
})

test.each([
  ['sklearn.datasets._base', 'NamedTemporaryFile', 'unlisted'],
  ['sklearn.callback._transport', 'Client', 'unlisted'],
  ['sklearn.externals.joblib.parallel', 'BatchedCalls', 'unlisted'],
  ['sklearn.utils._available_if', 'MethodType', 'dangerous'],
  ['sklearn.pipeline', 'GzipFile', 'dangerous'],
])('%s.%s is no class of a model', async (module, name, level) => {
  expect(await scanText('a.pkl', `c${module}\n${name}\n)R.`)).toEqual([
    `${level} ${module}.${name}`,
  ])
})

const layer = (module: string, name: string) =>
  JSON.stringify({ layers: [{ module, class_name: 'function', config: name }] })

test.each([
  ['os', 'system', 'code os.system, which Keras imports', 'code os, which Keras imports'],
  [
    'subprocess',
    'run',
    'code subprocess.run, which Keras imports',
    'code subprocess, which Keras imports',
  ],
  [
    'builtins',
    'exec',
    'code builtins.exec, which Keras imports',
    'code builtins.exec, which Keras imports',
  ],
])('settings of Keras that import %s.%s are found', async (module, name, told, toldOfHdf) => {
  expect(await scanText('config.json', layer(module, name))).toContain(told)
  expect(await scanText('m.keras', archiveOf({ 'config.json': layer(module, name) }))).toContain(
    told,
  )
  expect(await scanText('m.h5', `\x89HDF\r\n\x1a\n${layer(module, name)}`)).toEqual([toldOfHdf])
})

test.each([
  ['keras.layers', 'Dense'],
  ['builtins', 'my_activation'],
  ['shop.layers', 'Ranker'],
])('settings of Keras with %s.%s are harmless', async (module, name) => {
  expect(await scanText('config.json', layer(module, name))).toEqual([])
  expect(await scanText('m.h5', `\x89HDF\r\n\x1a\n${layer(module, name)}`)).toEqual([])
})

test('a template that stands in a file of its own is found', async () => {
  const settings = '{"chat_template": "{{ messages }}"}'
  expect(await scanText('chat_template.json', settings)).toEqual(['template chat_template'])
})

test.each(['model.pb', 'model.h5', 'model.hdf5', 'model.bin', 'model.pkl'])(
  'a pickle is found in %s, whatever its name or the mark of another kind says',
  async (path) => {
    expect(await scanText(path, evil)).toEqual(system)
    expect(await scanText(path, `${evil.padEnd(512, '\0')}\x89HDF\r\n\x1a\n`)).toContain(system[0])
  },
)

test.each(['-0', '5\0x', `${'0'.repeat(400)}5`, `${' '.repeat(400)}5`])(
  'Python takes %j for a number, so what follows it counts in a file of any name',
  async (number) => {
    const text = `I1\np${number}\n0${evil}`
    for (const chunkBytes of [1, 64 * 1024]) {
      const scan = await scanFile(sourceOf(bytes(text), chunkBytes), 'model.bin')
      expect(told('model.bin', scan)).toEqual(
        number.length > 300 ? ['unread a number in it is too long'] : system,
      )
    }
  },
)

test('what was called has run, whatever comes behind it', async () => {
  expect(await scanText('model.bin', `${evil.slice(0, -1)}c!\n!\n\xff`)).toContain(system[0])
})

test('LZMA is known by its dictionary, of any size', async () => {
  const packed = 'it is compressed in a way that is not read'
  for (const size of ['\x10\0\0', '\x30\0\0', '\0\x01\0', '\0\0\0']) {
    for (const length of ['\xff'.repeat(8), `\x16${'\0'.repeat(7)}`]) {
      const text = `\x5d\0${size}${length}${'\0'.repeat(20)}`
      expect(await scanText('model.bin', text)).toEqual([`unread ${packed}`])
    }
  }
  expect(await scanText('model.bin', `\x5d\0\x50\0\0${'\xff'.repeat(8)}`)).toEqual([])
})

test('of modules that Keras imports no more are kept than are told', async () => {
  const modules = Array.from({ length: 100 }, (_, i) => `"module": "os.a${i}"`)
  expect(await scanText('model.h5', modules.join(' '))).toHaveLength(20)
})

test('files of an archive that share packed bytes, which come to nothing, are given up', async () => {
  const packed = '\0\0\0\xff\xff'.repeat(800_000)
  let read = 0
  const whole = bytes(archiveOfShared(packed, 5000))
  const { sizeBytes, ...source } = sourceOf(whole, 1024 * 1024)
  const counted = {
    ...{ ...source, sizeBytes },
    async *open(start: number, end?: number) {
      for await (const chunk of source.open(start, end)) {
        read += chunk.length
        yield chunk
      }
    },
  }
  expect(await scanFile(counted, 'a.npz')).toMatchObject({ unread: expect.any(String) })
  expect(read).toBeLessThan(1.5 * 1024 ** 3)
})

/** An archive that lists one packed file so many times. */
function archiveOfShared(packed: string, count: number): string {
  const size = numberText(packed.length, 4)
  const header = `\x14\0\0\0\x08\0${'\0'.repeat(8)}${size}${size}\x01\0\0\0`
  const body = `PK\x03\x04${header}a${packed}`
  const list = `PK\x01\x02\x14\0${header}${'\0'.repeat(14)}a`.repeat(count)
  const counts = numberText(count, 2).repeat(2)
  const places = `${numberText(list.length, 4)}${numberText(body.length, 4)}`
  return `${body}${list}PK\x05\x06\0\0\0\0${counts}${places}\0\0`
}
