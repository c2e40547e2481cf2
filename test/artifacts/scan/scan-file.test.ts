import { expect, test } from 'vitest'
import type { ByteSource } from '../../../src/artifacts/scan/byte-reader.ts'
import { scanFile } from '../../../src/artifacts/scan/scan-file.ts'
import samples from './samples.json' with { type: 'json' }
import { bytes, scanText, sourceOf, told } from './scanning.ts'

type SampleName = keyof typeof samples

const bytesOf = (name: SampleName) =>
  Uint8Array.from(atob(samples[name].base64), (char) => char.charCodeAt(0))

async function scanned(name: SampleName, chunkBytes?: number): Promise<string[]> {
  return told(name, await scanFile(sourceOf(bytesOf(name), chunkBytes), name))
}

const system = ['dangerous posix.system']
const expected: Readonly<Record<SampleName, readonly string[]>> = {
  ...{ 'system-p0.pkl': system, 'system-p1.pkl': system, 'system-p2.pkl': system },
  ...{ 'system-p3.pkl': system, 'system-p4.pkl': system, 'system-p5.pkl': system },
  ...{ 'eval-p0.pkl': ['dangerous __builtin__.eval'] },
  ...{ 'eval-p1.pkl': ['dangerous __builtin__.eval'] },
  ...{ 'eval-p2.pkl': ['dangerous __builtin__.eval'], 'eval-p3.pkl': ['dangerous builtins.eval'] },
  ...{ 'eval-p4.pkl': ['dangerous builtins.eval'], 'eval-p5.pkl': ['dangerous builtins.eval'] },
  'getattr.pkl': ['dangerous operator.attrgetter'],
  'nested.pkl': ['dangerous builtins.getattr', 'dangerous builtins.__import__'],
  'truncated.pkl': [...system, 'unread the pickle at byte 0 ends too early, before byte 33'],
  ...{ 'two.pkl': system, 'memo.pkl': ['dangerous os.system'] },
  ...{ 'memo-text.pkl': ['dangerous os.system'], 'inst.pkl': ['dangerous os.system'] },
  ...{ 'obj.pkl': ['dangerous os.system'], 'popped-mark.pkl': ['dangerous os.system'] },
  'extension.pkl': ['dangerous a name made while loading'],
  'escaped.pkl': ['dangerous a name made while loading'],
  'junk-after.pkl': [
    'dangerous os.system',
    'unread the pickle at byte 0 has bytes that are no opcodes, before byte 21',
  ],
  'no-ending.bin': system,
  'dotted.pkl': ['dangerous uid.os.system'],
  'transformer.pkl': system,
  ...{ 'objects.npy': system, 'packed.npz': system, 'evil.pt': system },
  'prefixed.pt': [...system, 'unread what follows the pickle before byte 34 is none'],
  'flagged.pt': ["unread 'archive/data.pkl' says that it is encrypted"],
  'renamed.pt': ["unread 'archive/data.pkl' has another name where it stands"],
  'script.pt': ['code archive/code/model.py'],
  'lambda.pkl': [
    'unlisted cloudpickle.cloudpickle._make_function',
    'unlisted cloudpickle.cloudpickle._builtin_type',
    'unlisted cloudpickle.cloudpickle._function_setstate',
  ],
  'arrays-xz.joblib': ['unread it is compressed in a way that is not read'],
  ...{
    'plain-zlib.joblib': [],
    'arrays.joblib': [],
    'sklearn.pkl': [],
    'sklearn-p2.pkl': [],
    'plain.pkl': [],
  },
  ...{ 'plain-objects.npy': [], 'fields.npy': [], 'plain.npz': [], 'tensors.pt': [] },
  ...{ 'conda.yaml': [], 'words.txt': [], 'empty.pkl': [] },
}

test.each(Object.entries(expected) as [SampleName, string[]][])('%s', async (name, findings) => {
  expect(await scanned(name)).toEqual(findings)
  expect(await scanned(name, 1)).toEqual(findings)
})

test('what picklescan calls dangerous is never without a finding', async () => {
  for (const [name, { picklescan }] of Object.entries(samples)) {
    const findings = await scanned(name as SampleName)
    if (picklescan === 'dangerous') expect([name, findings]).not.toEqual([name, []])
  }
})

test('no byte of a pickle can be changed or left out so that what it imports is neither told nor unread', async () => {
  const whole = bytesOf('nested.pkl')
  for (let length = 30; length < whole.length; length++) {
    const scan = await scanFile(sourceOf(whole.subarray(0, length)), 'm.pkl')
    expect(told('m.pkl', scan)).not.toEqual([])
  }
})

test('what would be followed for ever is given up, and said to be unread', async () => {
  expect(await scanText('a.pkl', `\x80\x02${'('.repeat(1_100_000)}.`)).toEqual([
    'unread its stack is too deep',
  ])
  expect(await scanText('a.pkl', `\x80\x02${'N0'.repeat(2_600_000)}.`)).toEqual([
    'unread it has too many opcodes to be followed',
  ])
  const names = Array.from({ length: 501 }, (_, i) => `cm${i}\nn\n0`).join('')
  const many = await scanText('a.pkl', `${names}N.`)
  expect(many.at(-1)).toBe('unread it imports more than 500 names')
  expect(await scanText('a.pkl', '\x80\x02Nr\xff\xff\xff\xff.')).toEqual([
    'unread its memo is too large',
  ])
})

test('a long value is passed without being read', async () => {
  let read = 0
  const source: ByteSource = {
    sizeBytes: 2 ** 31,
    canSeek: true,
    async *open(start) {
      const head = bytes('\x80\x04\x8e\x00\x00\x00\x7f\x00\x00\x00\x000cos\nsystem\n.')
      const at = start < 11 ? start : start - 0x7f000000
      const chunk = start < 11 ? head.subarray(at, 11) : head.subarray(at)
      read += chunk.length
      yield chunk
    },
  }
  expect(told('a.pkl', await scanFile(source, 'a.pkl'))).toEqual(['dangerous os.system'])
  expect(read).toBeLessThan(2000)
})

test('settings, graphs and layers that run code are found by their names', async () => {
  expect(await scanText('tokenizer_config.json', '{"chat_template": "{{ x }}"}')).toEqual([
    'template chat_template',
  ])
  expect(await scanText('config.json', '{"a": [{"\\u0061uto_map": {}}]}')).toEqual([
    'code auto_map: code that comes with the model',
  ])
  expect(await scanText('config.json', '{"config": {"class_name": "Lambda"}}')).toEqual([
    'lambda a Lambda layer of Keras',
  ])
  expect(await scanText('config.json', 'no')).toEqual(['unread its settings are no JSON'])
  expect(await scanText('config.json', `${'['.repeat(1000)}${']'.repeat(1000)}`)).toEqual([])
  expect(await scanText('keras_metadata.pb', '\n\x20{"class_name": "Lambda"}')).toEqual([
    'lambda a Lambda layer of Keras',
  ])
  expect(await scanText('saved_model.pb', `${'x'.repeat(70_000)}PyFunc${'y'.repeat(9)}`)).toEqual([
    'operation PyFunc',
  ])
  const hdf = `\x89HDF\r\n\x1a\n${'x'.repeat(65_510)}"class_name": "Lambda", "config": {}`
  expect(await scanText('model.h5', hdf)).toEqual(['lambda a Lambda layer of Keras'])
  expect(await scanText('model.h5', hdf.replace('Lambda', 'L\\u0061mbda'))).toEqual([
    'unread it hides parts of its settings',
  ])
  const blanks = hdf.replace(': "', `:${' '.repeat(70_000)}"`)
  expect(await scanText('model.h5', blanks)).toEqual(['unread it hides parts of its settings'])
  expect(await scanText('model.h5', hdf.replace('Lambda', 'Dense'))).toEqual([])
  for (const path of ['model.h5', 'model']) {
    expect(await scanText(path, '\0'.repeat(1024) + hdf)).toEqual([
      'lambda a Lambda layer of Keras',
    ])
  }
})

test('what is packed is read whatever it is named, or said to be unread', async () => {
  const evil = bytes('cos\nsystem\n(S"id"\ntR.')
  for (const format of ['gzip', 'deflate'] as const) {
    const packed = await packedBy(format, evil)
    for (const path of ['m.pkl', 'm.joblib', 'm.pkl.gz', 'm.z', 'm']) {
      expect(told(path, await scanFile(sourceOf(packed), path))).toEqual(['dangerous os.system'])
    }
    expect(await scanText('m.pkl.gz', latin1(await packedBy('gzip', packed)))).toEqual([
      'unread it is compressed twice',
    ])
  }
  expect(await scanText('words.txt', 'x^2 + y^2 = z^2')).toEqual([])
  const unread = 'unread it is compressed in a way that is not read'
  for (const mark of ['BZh91AY&SY', '\xfd7zXZ\0', '\x04\x22\x4d\x18', '\x28\xb5\x2f\xfd']) {
    for (const path of ['m.pkl', 'm.joblib', 'm']) {
      expect(await scanText(path, mark + '\0'.repeat(40))).toEqual([unread])
    }
  }
  const lzma = `\x5d\0\0\x80\0${'\xff'.repeat(8)}${'\0'.repeat(40)}`
  for (const path of ['m.joblib', 'm']) expect(await scanText(path, lzma)).toEqual([unread])
  const tar = `${'m.pkl'.padEnd(257, '\0')}ustar${'\0'.repeat(250)}`
  const archive = 'unread it is an archive of a kind that is not read'
  for (const text of [tar, '7z\xbc\xaf\x27\x1c\0', 'Rar!\x1a\x07\0']) {
    expect(await scanText('m.bin', text)).toEqual([archive])
    expect(await scanText('m.gz', latin1(await packedBy('gzip', bytes(text))))).toEqual([archive])
  }
})

test('what follows a pickle is a pickle, the tensors of old PyTorch, or unread', async () => {
  const evil = 'cos\nsystem\n(S"id"\ntR.'
  expect(await scanText('m.pkl', `\x80\x02N.${evil}`)).toEqual(['dangerous os.system'])
  expect(await scanText('m.pkl', `\x80\x02N.\0\0\0${evil}`)).toEqual([
    'unread what follows the pickle before byte 4 is none',
  ])
  const old = '\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.'
  expect(await scanText('m.pt', `${old}\x80\x02N.\0\xff\0\xff`)).toEqual([])
  expect(await scanText('m.pt', `${old}${evil}\0\xff`)).toEqual(['dangerous os.system'])
})

const latin1 = (given: Uint8Array) =>
  Array.from(given, (byte) => String.fromCharCode(byte)).join('')

async function packedBy(format: CompressionFormat, given: Uint8Array): Promise<Uint8Array> {
  const packed = new Blob([Uint8Array.from(given)])
    .stream()
    .pipeThrough(new CompressionStream(format))
  return new Uint8Array(await new Response(packed).arrayBuffer())
}

test('an archive that lies about itself is unread', async () => {
  const whole = bytesOf('tensors.pt')
  const cut = told('a.pt', await scanFile(sourceOf(whole.subarray(0, -30)), 'a.pt'))
  expect(cut).toEqual([expect.stringMatching(/^unread /)])
  const moved = Uint8Array.from([...new Uint8Array(100), ...whole])
  expect(told('a.pt', await scanFile(sourceOf(moved), 'a.pt'))).toEqual([
    expect.stringMatching(/^unread the pickle at byte 0/),
  ])
  // Keras opens an archive by its end, whatever stands before it.
  expect(told('a.keras', await scanFile(sourceOf(moved), 'a.keras'))).not.toEqual([])
})
