import { expect, test } from 'vitest'
import { scanText } from './scanning.ts'

// What joblib writes of an array: a stand-in, whose BUILD is followed by the array's bytes.
const text = (given: string) => `\x8c${String.fromCharCode(given.length)}${given}`
const name = (module: string, given: string) => `${text(module)}${text(given)}\x93`
const wrapper = `${name('joblib.numpy_pickle', 'NumpyArrayWrapper')})\x81`
const dtype = (type: string, state: string) =>
  `${name('numpy', 'dtype')}${text(type)}\x89\x88\x87R(${state}tb`
const doubles = dtype('f8', `K\x03${text('<')}NNNK\xffK\xffK\x00`)
const objects = dtype('O8', `K\x03${text('|')}NNNK\xffK\xffK\x3f`)
const facts = (shape: string, type: string, alignment = '') =>
  `}(${text('shape')}${shape}${text('dtype')}${type}${alignment}u`
const padded = `${text('numpy_array_alignment_bytes')}K\x10`
const evil = 'cos\nsystem\n(S"id"\ntR'
const pickle = (...parts: string[]) => `\x80\x04${parts.join('')}.`
const system = ['dangerous os.system']
const scan = (...parts: string[]) => scanText('m.joblib', pickle(...parts))
const untold = [expect.stringMatching(/^unread where the array at byte \d+ ends cannot be told$/)]
/** As opcodes, they take all that follows as one text. */
const swallowing = '\x8c\xff      '

test('arrays are passed, and what follows them is followed', async () => {
  expect(await scan(wrapper, facts('K\x01\x85', doubles), 'b', swallowing)).toEqual([])
  expect(await scan(wrapper, facts('K\x01\x85', doubles), 'b', swallowing, evil)).toEqual(system)
  expect(await scan(wrapper, facts(')', doubles), 'b', swallowing, evil)).toEqual(system)
  expect(
    await scan(wrapper, facts('K\x01K\x02\x86', doubles), 'b', swallowing.repeat(2), evil),
  ).toEqual(system)
  const behind = `\x03\xff\xff\xff${swallowing}`
  expect(await scan(wrapper, facts('K\x01\x85', doubles, padded), 'b', behind, evil)).toEqual(
    system,
  )
  expect(await scan(wrapper, facts('K\x00\x85', doubles), 'b', evil)).toEqual(system)
})

test('texts and records have the length that their state says', async () => {
  for (const type of ['V8', 'S9', 'U1']) {
    const long = dtype(type, `K\x03${text('|')}NNNK\x08K\x01K\x00`)
    expect(await scan(wrapper, facts('K\x01\x85', long), 'b', swallowing, evil)).toEqual(system)
  }
})

test('the objects of an array are a pickle of their own', async () => {
  const hidden = pickle(evil)
  expect(await scan(wrapper, facts('K\x01\x85', objects), 'b', hidden)).toEqual(system)
  expect(await scan(wrapper, facts('K\x01\x85', objects), 'b', pickle('N'), evil)).toEqual(system)
  const flagged = dtype('f8', `K\x03${text('<')}NNNK\xffK\xffK\x3f`)
  expect(await scan(wrapper, facts('K\x01\x85', flagged), 'b', pickle('N'), evil)).toEqual(system)
  expect(await scan(wrapper, facts('K\x01\x85', objects), 'b', '\xff')).toEqual([
    expect.stringMatching(/^unread the objects of an array/),
  ])
})

test('an array that ends somewhere else than the stand-in seems to say is unread', async () => {
  const array = [swallowing, evil]
  const made = `${name('copyreg', '_reconstructor')}${name('joblib.numpy_pickle', 'NumpyArrayWrapper')}`
  const given = `${made}${name('builtins', 'object')}N\x87R`
  const rebuilt = `${name('joblib.numpy_pickle', 'NumpyArrayWrapper')})R`
  const through = `${name('numpy._core.multiarray', 'scalar')}${objects}${wrapper}\x86R`
  for (const stand of [given, rebuilt, through]) {
    const found = await scan(stand, facts('K\x01\x85', doubles), 'b', ...array)
    expect(found.some((one) => one.startsWith('unread where the array'))).toBe(true)
  }
  const facts1 = facts('K\x01\x85', doubles)
  const shared = dtype('f8', `K\x03${text('<')}NNNK\xffK\xffK\x00`).replace(
    '\x89\x88\x87',
    '\x89\x89\x87',
  )
  const state = dtype('f8', `K\x03${text('<')}NNNK\xffK\xff\x8a\x01\x01`)
  expect(await scan(wrapper, facts('K\x01\x85', shared), 'b', ...array)).toEqual(untold)
  expect(await scan(wrapper, facts('K\x01\x85', state), 'b', ...array)).toEqual(untold)
  expect(await scan(wrapper, facts('\x8a\x01\x01\x85', doubles), 'b', ...array)).toEqual(untold)
  expect(await scan(wrapper, `${facts1}\x86`, 'b', ...array)).toEqual(
    expect.arrayContaining([expect.stringMatching(/^unread/)]),
  )
  expect(await scan(wrapper, '}b', ...array)).toEqual(untold)
  // A key that is made while loading.
  const key = `${name('builtins', 'str')}C\x05shape\x85R`
  expect(await scan(wrapper, facts1, `${key}K\x09\x85s`, 'b', ...array)).toEqual(untold)
  // The class itself gets what its objects lack.
  const onClass = `${name('joblib.numpy_pickle', 'NumpyArrayWrapper')}N}${padded}s\x86b0`
  expect(await scan(onClass, wrapper, facts1, 'b', ...array)).toEqual(untold)
  // Joblib reads the array behind the frame.
  const frame = '\x95\xff\x00\x00\x00\x00\x00\x00\x00'
  expect(await scan(frame, wrapper, facts1, 'b', ...array)).toEqual(untold)
  // The file ends before the array does.
  expect(await scan(wrapper, facts('M\xff\xff\x85', doubles), 'b')).toEqual([
    expect.stringMatching(/^unread the pickle at byte 0 ends too early/),
  ])
})

test('what is changed behind the back of the memo counts', async () => {
  const facts1 = facts('K\x09\x85', doubles)
  const changed = `${facts1}\x94h\x00${text('shape')}K\x01\x85s0`
  expect(await scan(wrapper, changed, 'b', swallowing, evil)).toEqual(system)
  // So many are remembered at most.
  const full = `(${'}\x94'.repeat(50_000)}1`
  expect(
    await scan(
      full,
      wrapper,
      `${facts1}\x94j\x50\xc3\x00\x00${text('shape')}K\x01\x85s0`,
      'b',
      swallowing,
      evil,
    ),
  ).toEqual(untold)
})

test('what pickle would load of the same bytes counts too', async () => {
  const hidden = `${evil}. `
  const bytes = String.fromCharCode(hidden.length)
  const raw = dtype('V1', `K\x03${text('|')}NNNK\x01K\x01K\x00`)
  expect(await scan(wrapper, facts(`K${bytes}\x85`, raw), 'b', hidden)).toEqual(system)
  const second = `N.${evil}.`
  const count = String.fromCharCode(second.length)
  expect(await scan(wrapper, facts(`K${count}\x85`, raw), 'b', second)).toEqual(system)
})
