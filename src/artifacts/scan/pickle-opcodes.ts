import type { PickleMachine } from './pickle-machine.ts'
import { none, other, tupleOf } from './pickle-values.ts'

/**
 * `size` bytes that are a number, `length` bytes that say how many follow, as text or as bytes, or lines.
 */
export type OpcodeArgument =
  | { readonly size: number }
  | { readonly length: number; readonly isText: boolean }
  | { readonly lines: 1 | 2 }
  | undefined

export type Opcode = {
  readonly argument: OpcodeArgument
  readonly run: (machine: PickleMachine) => void
}

/** All opcodes of protocols 0 to 5, by their byte. */
export const opcodes = new Map<number, Opcode>()

function define(codes: string | number, argument: OpcodeArgument, run: Opcode['run']): void {
  const list = typeof codes === 'number' ? [codes] : [...codes].map((one) => one.charCodeAt(0))
  for (const code of list) opcodes.set(code, { argument, run })
}

const pushAny = (machine: PickleMachine) => machine.push(other)
const pushNumber = (machine: PickleMachine) => machine.push(machine.number)
const pushText = (machine: PickleMachine) => machine.push(machine.text)
const replaceMark = (machine: PickleMachine) => machine.replaceMark()
const size = (bytes: number): OpcodeArgument => ({ size: bytes })
const text = (length: number): OpcodeArgument => ({ length, isText: true })
const bytes = (length: number): OpcodeArgument => ({ length, isText: false })
const line: OpcodeArgument = { lines: 1 }

define('(', undefined, (machine) => machine.pushMark())
define('0.', undefined, (machine) => void machine.pop())
define('1', undefined, (machine) => void machine.popMark())
define('2', undefined, (machine) => machine.push(machine.top()))
define(']', undefined, pushAny)
define('N', undefined, (machine) => machine.push(none))
define(')', undefined, (machine) => machine.makeTuple([]))
define('}', undefined, (machine) => machine.makeDict())
define(0x88, undefined, (machine) => machine.push(true))
define(0x89, undefined, (machine) => machine.push(false))
define(0x8f, undefined, pushAny)
define(0x97, undefined, pushAny)
define('FILP', line, pushAny)
define('J', size(4), pushNumber)
define('K', size(1), pushNumber)
define('M', size(2), pushNumber)
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
define('l', undefined, replaceMark)
define('t', undefined, (machine) => machine.makeTuple(machine.popMark()))
define('d', undefined, (machine) => machine.makeDict(machine.popMark()))
define(0x91, undefined, replaceMark)
define('a', undefined, (machine) => void machine.pop())
define('s', undefined, (machine) => {
  const value = machine.pop()
  machine.putItems([machine.pop(), value])
})
define('u', undefined, (machine) => machine.putItems(machine.popMark()))
define('e', undefined, (machine) => void machine.popMark())
define(0x90, undefined, (machine) => void machine.popMark())
define('Q', undefined, (machine) => machine.replace(1))
define(0x85, undefined, (machine) => machine.makeTuple(machine.popSome(1)))
define(0x86, undefined, (machine) => machine.makeTuple(machine.popSome(2)))
define(0x87, undefined, (machine) => machine.makeTuple(machine.popSome(3)))
define('p', line, (machine) => machine.memoize(machine.lineNumber()))
define('q', size(1), (machine) => machine.memoize(machine.number))
define('r', size(4), (machine) => machine.memoize(machine.number))
define(0x94, undefined, (machine) => machine.memoize(undefined))
define('g', line, (machine) => machine.recall(machine.lineNumber()))
define('h', size(1), (machine) => machine.recall(machine.number))
define('j', size(4), (machine) => machine.recall(machine.number))
define('c', { lines: 2 }, (machine) => machine.import(machine.text, machine.secondText))
define(0x93, undefined, (machine) => {
  const name = machine.pop()
  machine.import(machine.pop(), name)
})
define('i', { lines: 2 }, (machine) => {
  const args = tupleOf(machine.popMark())
  machine.import(machine.text, machine.secondText)
  machine.call(machine.pop(), args)
})
define('o', undefined, (machine) => {
  const [called, ...args] = machine.popMark()
  machine.call(called, tupleOf(args))
})
define('R', undefined, (machine) => {
  const args = machine.pop()
  machine.call(machine.pop(), args)
})
define(0x81, undefined, (machine) => {
  const args = machine.pop()
  machine.call(machine.pop(), args, true)
})
define(0x92, undefined, (machine) => {
  machine.pop()
  machine.pop()
  // With arguments by name, nothing is known of it.
  machine.call(machine.pop(), undefined, true)
})
define('b', undefined, (machine) => machine.build(machine.pop()))
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

/** The text of a literal in quotes; undefined where only Python could tell it. */
function literalOf(given: string | undefined): string | undefined {
  return /^\s*(['"])([^\\]*)\1\s*$/.exec(given ?? '\\')?.[2]
}

function plainOf(given: string | undefined): string | undefined {
  return given?.includes('\\') ? undefined : given
}
