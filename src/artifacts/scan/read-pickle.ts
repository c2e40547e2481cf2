import { letOthersRun } from '../../core/rounds.ts'
import { type ByteReader, type ScanBudget, UnreadableError } from './byte-reader.ts'
import { type PickledNames, PickleMachine } from './pickle-machine.ts'
import { type Opcode, type OpcodeArgument, opcodes } from './pickle-opcodes.ts'
import type { ArrayBytes } from './pickle-values.ts'

const frame = 0x95
const stop = '.'.charCodeAt(0)
const newline = 10
const opcodesPerTurn = 20_000
/** Longer texts are no names; a name made of one counts as one that cannot be told. */
const textBytesMax = 300

/** `ended`: it has its end. `cut`: the bytes end before. `other`: there are bytes that are no opcodes. */
export type PickleEnd = 'ended' | 'cut' | 'other'

type Reading = {
  readonly names: PickledNames
  readonly budget: ScanBudget
  readonly isGuess: boolean
  readonly hasArrays?: boolean
}

/**
 * Follow one pickle, of any protocol, without loading it.
 *
 * @param names gets what it imports
 * @param isGuess the bytes need not be a pickle: stop as soon as loading would fail
 * @param hasArrays read as joblib loads: the bytes of arrays lie between the opcodes
 * @throws UnreadableError the budget is used up, or the pickle is made to be followed for ever
 */
export async function readPickle(
  reader: ByteReader,
  { names, budget, isGuess, hasArrays = false }: Reading,
): Promise<{ readonly end: PickleEnd; readonly machine: PickleMachine }> {
  const machine = new PickleMachine(names, hasArrays)
  for (;;) {
    const turn = countOpcode(budget)
    if (turn) await turn
    if (!reader.has(1) && !(await reader.fill(1))) return { end: 'cut', machine }
    const code = reader.takeByte()
    const { argument, run } = opcodes.get(code) ?? unknown
    // Waiting for what is there would take most of the time.
    const isWhole =
      takeArgument(reader, argument, machine) || (await readArgument(reader, argument, machine))
    const end = isWhole ? runOpcode(code, { run, machine, isGuess, reader }) : 'cut'
    if (end !== undefined) return { end, machine }
    const array = machine.takeArray()
    const passed = array && (await passArray(reader, { ...array, machine, names, budget }))
    if (passed === false) return { end: 'cut', machine }
  }
}

/** Pass the bytes of an array. @returns false: the bytes end before */
async function passArray(
  reader: ByteReader,
  {
    behind,
    machine,
    ...found
  }: Pick<Reading, 'names' | 'budget'> & {
    readonly behind: ArrayBytes
    readonly machine: PickleMachine
  },
): Promise<boolean> {
  // Joblib reads on in the file, and not in the frame.
  if (behind === undefined || reader.offset < machine.frameEnd) {
    throw new UnreadableError(`where the array at byte ${reader.offset} ends cannot be told`)
  }
  if (behind === 'pickle') {
    const { end, machine: inner } = await readPickle(reader, { ...found, isGuess: false })
    if (end === 'other' || inner.isBroken) {
      throw new UnreadableError(
        `the objects of an array before byte ${reader.offset} cannot be read`,
      )
    }
    return end === 'ended'
  }
  if (behind.isPadded) {
    if (!reader.has(1) && !(await reader.fill(1))) return false
    if (!(await reader.skip(reader.takeByte()))) return false
  }
  return reader.skip(behind.sizeBytes)
}

/** @returns what to wait for, now and then: what was read already would be followed in one turn */
function countOpcode(budget: ScanBudget): Promise<void> | undefined {
  if (--budget.opcodes < 0) throw new UnreadableError('it has too many opcodes to be followed')
  return budget.opcodes % opcodesPerTurn === 0 ? letOthersRun() : undefined
}

/** Not opcodes of any protocol. */
const unknown: Opcode = { argument: undefined, run: () => undefined }

type Step = Pick<Opcode, 'run'> & {
  readonly machine: PickleMachine
  readonly isGuess: boolean
  readonly reader: ByteReader
}

/** @returns how the pickle ends, if it does */
function runOpcode(code: number, { run, machine, isGuess, reader }: Step): PickleEnd | undefined {
  run(machine)
  if (code === frame) machine.frameEnd = reader.offset + machine.number
  if (run === unknown.run) return 'other'
  if (isGuess && machine.isBroken) return 'other'
  return code === stop ? 'ended' : undefined
}

/** Take an argument that was read already. @returns false: it was not, and nothing is taken */
function takeArgument(
  reader: ByteReader,
  argument: OpcodeArgument,
  machine: PickleMachine,
): boolean {
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
  setLine(machine, bytes.subarray(0, first))
  machine.secondText = lines === 1 ? undefined : lineOf(bytes.subarray(first + 1, second))
  return true
}

function setLine(machine: PickleMachine, bytes: Uint8Array): void {
  machine.text = lineOf(bytes)
  const isLong = machine.text === undefined
  machine.isLongNumber = isLong && /^[\s\d_+-]*(\0|$)/.test(textOf(bytes.subarray(0, textBytesMax)))
}

function lineOf(bytes: Uint8Array): string | undefined {
  return bytes.length > textBytesMax ? undefined : textOf(bytes)
}

/** @returns false: the bytes end before the argument does */
async function readArgument(
  reader: ByteReader,
  argument: OpcodeArgument,
  machine: PickleMachine,
): Promise<boolean> {
  if (!argument) return true
  if ('lines' in argument) {
    const first = await readLine(reader)
    if (!first) return false
    setLine(machine, first)
    if (argument.lines === 1) return true
    const second = await readLine(reader)
    machine.secondText = second && lineOf(second)
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

/** The bytes of a line, as far as `lineOf` needs them. Undefined: it has no end. */
async function readLine(reader: ByteReader): Promise<Uint8Array | undefined> {
  const found: number[] = []
  for (;;) {
    if (!reader.has(1) && !(await reader.fill(1))) return undefined
    const byte = reader.takeByte()
    if (byte === newline) break
    if (found.length <= textBytesMax) found.push(byte)
  }
  return Uint8Array.from(found)
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
