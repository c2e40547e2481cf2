import { expect, test } from 'vitest'
import { fileKindOf } from '../../../src/artifacts/scan/file-kinds.ts'
import { scanText } from './scanning.ts'

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

/** An archive of files that are not packed. */
function archiveOf(files: Readonly<Record<string, string>>): string {
  const number = (value: number, count: number) =>
    Array.from({ length: count }, (_, i) => String.fromCharCode((value >> (8 * i)) & 0xff)).join('')
  let body = ''
  let list = ''
  for (const [name, text] of Object.entries(files)) {
    const sizes = `${number(0, 4)}${number(text.length, 4)}${number(text.length, 4)}`
    const header = `${number(20, 2)}${'\0'.repeat(8)}${sizes}${number(name.length, 2)}\0\0`
    list += `PK\x01\x02\x14\0${header}${'\0'.repeat(10)}${number(body.length, 4)}${name}`
    body += `PK\x03\x04${header}${name}${text}`
  }
  const count = number(Object.keys(files).length, 2)
  const places = `${number(list.length, 4)}${number(body.length, 4)}`
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
