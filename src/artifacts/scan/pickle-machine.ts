import { UnreadableError } from './byte-reader.ts'

import {
  type ArrayBytes,
  bytesBehind,
  bytesOf,
  forgetValue,
  type ImportedValue,
  isOfJoblib,
  isPlausible,
  mayBeText,
  other,
  type PickledName,
  type PickleValue,
  putItems,
  resultOf,
  setState,
  tupleOf,
} from './pickle-values.ts'

const mark = Symbol('mark')

const stackMax = 1_000_000
const memoMax = 16_000_000
const pageSize = 4096
/** What texts may take on the stack and in the memo: a Worker has 128 MB for all it does. */
const stackBytesMax = 8_000_000
const memoBytesMax = 12_000_000
/** Texts beyond so many are forgotten; a name made of one cannot be told, which is a finding. */
const memoTextsMax = 300_000
/** Of containers; what is forgotten counts as one of which nothing is known. */
const memoContainersMax = 50_000
const namesMax = 500

/** All that loading a file would import, from all pickles in it. */
export class PickledNames {
  readonly #names = new Map<string, ImportedValue>()

  /** @returns the same for the same name */
  add(name: PickledName): ImportedValue {
    const key = name ? `${name.module}\n${name.name}` : ''
    const known = this.#names.get(key)
    if (known) return known
    const added = { kind: 'name', imported: name } as const
    this.#names.set(key, added)
    if (this.#names.size > namesMax) {
      throw new UnreadableError(`it imports more than ${namesMax} names`)
    }
    return added
  }

  get size(): number {
    return this.#names.size
  }

  list(): PickledName[] {
    return [...this.#names.values()].map(({ imported }) => imported)
  }
}

/**
 * The stack and the memo of a pickle, followed without making anything: only texts, imported names and
 * what tells where joblib's arrays end are kept.
 */
export class PickleMachine {
  /** Something was called that the pickle imported, under a name that could be one. What follows it has run too late. */
  hasCalled = false
  /** Opcodes took what was not there: loading would fail. */
  isBroken = false
  /** The argument of the opcode that runs. */
  number = 0
  text: string | undefined
  secondText: string | undefined
  /** The first line of the argument is too long for a text, and may be a number: Python takes any zeros before one. */
  isLongNumber = false
  /** Where the frame ends that was begun last. */
  frameEnd = 0
  /** Arrays of joblib, whose bytes lie between the opcodes; undefined: this is how `pickle` loads, which knows none. */
  arrays: number | undefined
  readonly #stack: (PickleValue | typeof mark)[] = []
  readonly #memo = new Map<number, PickleValue>()
  /** 1 for each number that the memo knows, 2 if it is no text, in pages of `pageSize`: a high number alone takes one page. */
  readonly #known: Uint8Array[] = []
  #memoCount = 0
  #stackBytes = 0
  #memoBytes = 0
  #memoContainers = 0
  #hasJoblib = false
  #array: { readonly behind: ArrayBytes } | undefined

  readonly #names: PickledNames

  constructor(names: PickledNames, hasArrays: boolean) {
    this.#names = names
    this.arrays = hasArrays ? 0 : undefined
  }

  push(value: PickleValue): void {
    if (this.#stack.length >= stackMax) throw new UnreadableError('its stack is too deep')
    this.#stackBytes += bytesOf(value)
    if (this.#stackBytes > stackBytesMax) throw new UnreadableError('its stack holds too much text')
    this.#stack.push(value)
  }

  pushMark(): void {
    if (this.#stack.length >= stackMax) throw new UnreadableError('its stack is too deep')
    this.#stack.push(mark)
  }

  /** Take one value. A mark goes too, as in Python. */
  pop(): PickleValue {
    if (this.#stack.length === 0) this.isBroken = true
    const value = this.#stack.pop()
    if (value === mark) return undefined
    this.#stackBytes -= bytesOf(value)
    return value
  }

  top(): PickleValue {
    const value = this.#stack.at(-1)
    if (this.#stack.length === 0) this.isBroken = true
    return value === mark ? undefined : value
  }

  /** Take all above the last mark, and the mark. @returns them, the lowest first */
  popMark(): PickleValue[] {
    const at = this.#stack.lastIndexOf(mark)
    if (at === -1) this.isBroken = true
    const taken = this.#stack.splice(Math.max(at, 0))
    const values = (at === -1 ? taken : taken.slice(1)).filter((value) => value !== mark)
    for (const value of values) this.#stackBytes -= bytesOf(value)
    return values
  }

  /** Take so many values and put one in their place. */
  replace(count: number): void {
    for (let i = 0; i < count; i++) this.pop()
    this.push(other)
  }

  replaceMark(): void {
    this.popMark()
    this.push(other)
  }

  /** Take so many values. @returns them, the lowest first */
  popSome(count: number): PickleValue[] {
    return Array.from({ length: count }, () => this.pop()).reverse()
  }

  makeTuple(items: readonly PickleValue[]): void {
    this.push(tupleOf(items))
  }

  makeDict(items: readonly PickleValue[] = []): void {
    const dict = { kind: 'dict', isKnown: true } as const
    putItems(dict, items)
    this.push(dict)
  }

  putItems(items: readonly PickleValue[]): void {
    putItems(this.top(), items)
  }

  import(module: PickleValue, name: PickleValue): void {
    const imported =
      typeof module === 'string' && typeof name === 'string' ? { module, name } : null
    if (!mayBeText(module) || !mayBeText(name)) {
      this.isBroken = true
      this.push(other)
      return
    }
    const value = this.#names.add(imported)
    this.#hasJoblib ||= isOfJoblib(value)
    this.push(value)
  }

  /** `called` is called with `args`, or one of it is made. */
  call(called: PickleValue, args: PickleValue, isNew = false): void {
    this.#noteCall(called)
    this.push(resultOf(called, args, isNew))
  }

  #noteCall(value: PickleValue): void {
    if (typeof value !== 'object' || value.kind !== 'name') return
    this.hasCalled ||= isPlausible(value.imported)
  }

  /** The top of the stack gets its state. Joblib puts an array in the place of its stand-in. */
  build(state: PickleValue): void {
    const value = this.top()
    this.#noteCall(value)
    setState(value, state)
    if (this.arrays === undefined || !this.#hasJoblib) return
    const isArray = typeof value === 'object' && value.kind === 'array'
    if (!isArray && value !== undefined && !isOfJoblib(value)) return
    this.arrays++
    this.#array = { behind: bytesBehind(value) }
    this.replace(1)
  }

  /** What lies behind the array that was met last, told once. */
  takeArray(): { readonly behind: ArrayBytes } | undefined {
    const array = this.#array
    this.#array = undefined
    return array
  }

  /** The number in the line of the argument; negative: it has none. */
  lineNumber(): number {
    if (this.isLongNumber) throw new UnreadableError('a number in it is too long')
    return numberOf(this.text)
  }

  /** Keep the top of the stack under a number; undefined: under the next one. */
  memoize(number: number | undefined): void {
    const index = number ?? this.#memoCount
    if (index < 0) {
      this.isBroken = true
      return
    }
    if (index >= memoMax) throw new UnreadableError('its memo is too large')
    const value = this.top()
    const page = Math.floor(index / pageSize)
    const known = this.#known[page] ?? new Uint8Array(pageSize)
    this.#known[page] = known
    if (known[index % pageSize] === 0) this.#memoCount++
    known[index % pageSize] = mayBeText(value) ? 1 : 2
    const before = this.#memo.get(index)
    this.#memoBytes -= bytesOf(before)
    if (isContainer(before)) this.#memoContainers--
    const bytes = bytesOf(value)
    const hasRoom = this.#memo.size < memoTextsMax && this.#memoBytes + bytes <= memoBytesMax
    const isFull = isContainer(value) && this.#memoContainers >= memoContainersMax
    if (!isKept(value) || !hasRoom || isFull) {
      forgetValue(value)
      this.#memo.delete(index)
      return
    }
    this.#memo.set(index, value)
    this.#memoBytes += bytes
    if (isContainer(value)) this.#memoContainers++
  }

  recall(index: number): void {
    const known = this.#known[Math.floor(index / pageSize)]?.[index % pageSize] ?? 0
    if (known === 0) this.isBroken = true
    this.push(this.#memo.get(index) ?? (known === 2 ? other : undefined))
  }
}

/** A number as Python reads it: `1_000` and `-0` too, and up to a NUL. */
function numberOf(given: string | undefined): number {
  const [, digits] = /^\s*([+-]?\d+(?:_\d+)*)\s*(?:\0|$)/.exec(given ?? '') ?? []
  return Number(digits?.replaceAll('_', '') ?? -1)
}

/** Numbers and the like would take the place of what matters. */
function isKept(value: PickleValue): boolean {
  return typeof value === 'string' || typeof value === 'object'
}

function isContainer(value: PickleValue): boolean {
  return typeof value === 'object' && value.kind !== 'name'
}
