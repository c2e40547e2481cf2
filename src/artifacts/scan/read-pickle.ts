import { letOthersRun } from '../../core/rounds.ts'
import { type ByteReader, type ScanBudget, UnreadableError } from './byte-reader.ts'
import { type PickledNames, PickleMachine } from './pickle-machine.ts'

/**
 * `size` bytes that are a number, `length` bytes that say how many follow, as text or as bytes, or lines.
 */
type Argument =
  | { readonly size: number }
  | { readonly length: number; readonly isText: boolean }
  | { readonly lines: 1 | 2 }
  | undefined

type Opcode = { readonly argument: Argument; readonly run: (machine: PickleMachine) => void }

const opcodes = new Map<number, Opcode>()

function define(codes: string | number, argument: Argument, run: Opcode['run']): void {
  const list = typeof codes === 'number' ? [codes] : [...codes].map((one) => one.charCodeAt(0))
  for (const code of list) opcodes.set(code, { argument, run })
}

const pushAny = (machine: PickleMachine) => machine.push(undefined)
const pushText = (machine: PickleMachine) => machine.push(machine.text)
const replaceMark = (machine: PickleMachine) => machine.replaceMark()
const size = (bytes: number): Argument => ({ size: bytes })
const text = (length: number): Argument => ({ length, isText: true })
const bytes = (length: number): Argument => ({ length, isText: false })
const line: Argument = { lines: 1 }

define('(', undefined, (machine) => machine.pushMark())
define('0.', undefined, (machine) => void machine.pop())
define('1', undefined, (machine) => void machine.popMark())
define('2', undefined, (machine) => machine.push(machine.top()))
define('N])}', undefined, pushAny)
define(0x88, undefined, pushAny)
define(0x89, undefined, pushAny)
define(0x8f, undefined, pushAny)
define(0x97, undefined, pushAny)
define('FILP', line, pushAny)
define('J', size(4), pushAny)
define('K', size(1), pushAny)
define('M', size(2), pushAny)
define('G', size(8), pushAny)
define(0x8a, bytes(1), pushAny)
define(0x8b, bytes(4), pushAny)
define('S', line, (machine) => machine.push(literalOf(machine.text)))
define('V', line, (machine) => machine.push(plainOf(machine.text)))
define('TX', text(4), pushText)
define('U', text(1), pushText)
define(0x8c, text(1), pushText)
define(0x8d, text(8), pushText)
define('B', bytes(4), pushAny)
define('C', bytes(1), pushAny)
define(0x8e, bytes(8), pushAny)
define(0x96, bytes(8), pushAny)
define('tld', undefined, replaceMark)
define(0x91, undefined, replaceMark)
define('a', undefined, (machine) => void machine.pop())
define('s', undefined, (machine) => {
  machine.pop()
  machine.pop()
})
define('eu', undefined, (machine) => void machine.popMark())
define(0x90, undefined, (machine) => void machine.popMark())
define('Q', undefined, (machine) => machine.replace(1))
define(0x85, undefined, (machine) => machine.replace(1))
define(0x86, undefined, (machine) => machine.replace(2))
define(0x87, undefined, (machine) => machine.replace(3))
define('p', line, (machine) => machine.memoize(numberOf(machine.text)))
define('q', size(1), (machine) => machine.memoize(machine.number))
define('r', size(4), (machine) => machine.memoize(machine.number))
define(0x94, undefined, (machine) => machine.memoize(undefined))
define('g', line, (machine) => machine.recall(numberOf(machine.text)))
define('h', size(1), (machine) => machine.recall(machine.number))
define('j', size(4), (machine) => machine.recall(machine.number))
define('c', { lines: 2 }, (machine) => machine.import(machine.text, machine.secondText))
define(0x93, undefined, (machine) => {
  const name = machine.pop()
  machine.import(machine.pop(), name)
})
define('i', { lines: 2 }, (machine) => {
  machine.popMark()
  machine.import(machine.text, machine.secondText)
  machine.call(machine.pop())
  machine.push(undefined)
})
define('o', undefined, (machine) => {
  machine.call(machine.popMark())
  machine.push(undefined)
})
for (const code of ['R'.charCodeAt(0), 0x81]) {
  define(code, undefined, (machine) => {
    machine.pop()
    machine.call(machine.pop())
    machine.push(undefined)
  })
}
define(0x92, undefined, (machine) => {
  machine.pop()
  machine.pop()
  machine.call(machine.pop())
  machine.push(undefined)
})
define('b', undefined, (machine) => {
  machine.pop()
  machine.call(machine.top())
})
// Names that are registered by number in the process that loads: nobody else can tell them.
for (const [code, count] of [
  [0x82, 1],
  [0x83, 2],
  [0x84, 4],
] as const) {
  define(code, size(count), (machine) => machine.import(undefined, undefined))
}
define(0x80, size(1), () => undefined)
define(0x95, size(8), () => undefined)
define(0x98, undefined, () => undefined)

const stop = '.'.charCodeAt(0)
const newline = 10
const opcodesPerTurn = 20_000
/** Longer texts are no names; a name made of one counts as one that cannot be told. */
const textBytesMax = 300

/** `ended`: it has its end. `cut`: the bytes end before. `other`: there are bytes that are no opcodes. */
export type PickleEnd = 'ended' | 'cut' | 'other'

/**
 * Follow one pickle, of any protocol, without loading it.
 *
 * @param names gets what it imports
 * @param isGuess the bytes need not be a pickle: stop as soon as loading would fail
 * @throws UnreadableError the budget is used up, or the pickle is made to be followed for ever
 */
export async function readPickle(
  reader: ByteReader,
  { names, budget, isGuess }: { names: PickledNames; budget: ScanBudget; isGuess: boolean },
): Promise<{ readonly end: PickleEnd; readonly machine: PickleMachine }> {
  const machine = new PickleMachine(names)
  for (;;) {
    if (!reader.has(1) && !(await reader.fill(1))) return { end: 'cut', machine }
    const turn = countOpcode(budget)
    if (turn) await turn
    const code = reader.takeByte()
    const { argument, run } = opcodes.get(code) ?? unknown
    // Waiting for what is there would take most of the time.
    const isWhole =
      takeArgument(reader, argument, machine) || (await readArgument(reader, argument, machine))
    if (isWhole) run(machine)
    const end = isWhole ? endAfter(code, { run, machine, isGuess }) : 'cut'
    if (end !== undefined) return { end, machine }
  }
}

/** @returns what to wait for, now and then: what was read already would be followed in one turn */
function countOpcode(budget: ScanBudget): Promise<void> | undefined {
  if (--budget.opcodes < 0) throw new UnreadableError('it has too many opcodes to be followed')
  return budget.opcodes % opcodesPerTurn === 0 ? letOthersRun() : undefined
}

/** Not opcodes of any protocol. */
const unknown: Opcode = { argument: undefined, run: () => undefined }

function endAfter(
  code: number,
  { run, machine, isGuess }: Pick<Opcode, 'run'> & { machine: PickleMachine; isGuess: boolean },
): PickleEnd | undefined {
  if (run === unknown.run) return 'other'
  if (isGuess && machine.isBroken) return 'other'
  return code === stop ? 'ended' : undefined
}

/** Take an argument that was read already. @returns false: it was not, and nothing is taken */
function takeArgument(reader: ByteReader, argument: Argument, machine: PickleMachine): boolean {
  if (!argument) return true
  if ('lines' in argument) return takeLines(reader, argument.lines, machine)
  const count = 'size' in argument ? argument.size : argument.length
  if (!reader.has(count)) return false
  const number = littleEndianOf(reader.peek(count))
  if (!('size' in argument) && !reader.has(count + number)) return false
  reader.take(count)
  machine.number = number
  if ('size' in argument) return true
  const isKept = argument.isText && number <= textBytesMax
  const bytes = reader.take(number)
  machine.text = isKept ? textOf(bytes) : undefined
  return true
}

function takeLines(reader: ByteReader, lines: 1 | 2, machine: PickleMachine): boolean {
  const first = reader.find(newline, 0)
  const second = first === -1 || lines === 1 ? first : reader.find(newline, first + 1)
  if (second === -1) return false
  const bytes = reader.take(second + 1)
  machine.text = lineOf(bytes.subarray(0, first))
  machine.secondText = lines === 1 ? undefined : lineOf(bytes.subarray(first + 1, second))
  return true
}

function lineOf(bytes: Uint8Array): string | undefined {
  return bytes.length > textBytesMax ? undefined : textOf(bytes)
}

/** @returns false: the bytes end before the argument does */
async function readArgument(
  reader: ByteReader,
  argument: Argument,
  machine: PickleMachine,
): Promise<boolean> {
  if (!argument) return true
  if ('lines' in argument) {
    const first = await readLine(reader)
    machine.text = first?.text
    if (!first || argument.lines === 1) return first !== undefined
    const second = await readLine(reader)
    machine.secondText = second?.text
    return second !== undefined
  }
  const count = 'size' in argument ? argument.size : argument.length
  if (!reader.has(count) && !(await reader.fill(count))) return false
  machine.number = littleEndianOf(reader.take(count))
  return 'size' in argument ? true : readCounted(reader, argument.isText, machine)
}

async function readCounted(
  reader: ByteReader,
  isText: boolean,
  machine: PickleMachine,
): Promise<boolean> {
  const { number: count } = machine
  machine.text = undefined
  if (!isText || count > textBytesMax) return reader.skip(count)
  if (!reader.has(count) && !(await reader.fill(count))) return false
  machine.text = textOf(reader.take(count))
  return true
}

/** The text of a line; without it where it is too long for a name. Undefined: it has no end. */
async function readLine(reader: ByteReader): Promise<{ text: string | undefined } | undefined> {
  const found: number[] = []
  let isLong = false
  for (;;) {
    if (!reader.has(1) && !(await reader.fill(1))) return undefined
    const byte = reader.takeByte()
    if (byte === newline) break
    if (found.length < textBytesMax) found.push(byte)
    else isLong = true
  }
  return { text: isLong ? undefined : textOf(Uint8Array.from(found)) }
}

const utf8 = new TextDecoder()

/** Up to here an engine keeps a text that is put together as one piece, and not as a piece for each letter. */
const joinedMax = 12

/** Short texts are mostly ASCII, for which a decoder takes many times as long. */
function textOf(bytes: Uint8Array): string {
  if (bytes.length > joinedMax) return utf8.decode(bytes)
  let found = ''
  for (const byte of bytes) {
    if (byte >= 0x80) return utf8.decode(bytes)
    found += String.fromCharCode(byte)
  }
  return found
}

function littleEndianOf(given: Uint8Array): number {
  let value = 0
  for (let i = given.length - 1; i >= 0; i--) value = value * 256 + (given[i] ?? 0)
  return value
}

/** The text of a literal in quotes; undefined where only Python could tell it. */
function literalOf(given: string | undefined): string | undefined {
  return /^\s*(['"])([^\\]*)\1\s*$/.exec(given ?? '\\')?.[2]
}

function plainOf(given: string | undefined): string | undefined {
  return given?.includes('\\') ? undefined : given
}

/** A number as Python reads it: `1_000` too. What is none is the number of nothing. */
function numberOf(given: string | undefined): number {
  return /^\s*\+?\d+(_\d+)*\s*$/.test(given ?? '') ? Number(given?.replaceAll('_', '')) : -1
}
