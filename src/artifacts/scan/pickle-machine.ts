import { UnreadableError } from './byte-reader.ts'

/** A name that a pickle imports; null: it is made while loading, and reading cannot tell it. */
export type PickledName = { readonly module: string; readonly name: string } | null

type Imported = { readonly imported: PickledName }

/** What stands on the stack, as far as it matters: texts, imported names, or anything else. */
type Value = string | Imported | undefined

const mark = Symbol('mark')

const stackMax = 1_000_000
const memoMax = 16_000_000
const pageSize = 4096
/** What texts may take on the stack and in the memo: a Worker has 128 MB for all it does. */
const stackBytesMax = 8_000_000
const memoBytesMax = 12_000_000
/** Texts beyond so many are forgotten; a name made of one cannot be told, which is a finding. */
const memoTextsMax = 300_000
const namesMax = 500

/** All that loading a file would import, from all pickles in it. */
export class PickledNames {
  readonly #names = new Map<string, Imported>()

  /** @returns the same for the same name */
  add(name: PickledName): Imported {
    const key = name ? `${name.module}\n${name.name}` : ''
    const known = this.#names.get(key)
    if (known) return known
    const added = { imported: name }
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
 * The stack and the memo of a pickle, followed without making anything: only texts and imported names
 * are kept.
 */
export class PickleMachine {
  /** Something was called that the pickle imported or made. */
  hasCalled = false
  /** Opcodes took what was not there: loading would fail. */
  isBroken = false
  /** The argument of the opcode that runs. */
  number = 0
  text: string | undefined
  secondText: string | undefined
  readonly #stack: (Value | typeof mark)[] = []
  readonly #memo = new Map<number, Value>()
  /** 1 for each number that the memo knows, in pages of `pageSize`: a high number alone takes one page. */
  readonly #known: Uint8Array[] = []
  #memoCount = 0
  #stackBytes = 0
  #memoBytes = 0

  readonly #names: PickledNames

  constructor(names: PickledNames) {
    this.#names = names
  }

  push(value: Value): void {
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
  pop(): Value {
    if (this.#stack.length === 0) this.isBroken = true
    const value = this.#stack.pop()
    this.#stackBytes -= bytesOf(value)
    return value === mark ? undefined : value
  }

  top(): Value {
    const value = this.#stack.at(-1)
    if (this.#stack.length === 0) this.isBroken = true
    return value === mark ? undefined : value
  }

  /** Take all above the last mark, and the mark. @returns the lowest of them */
  popMark(): Value {
    let value: Value | typeof mark
    let lowest: Value
    do {
      lowest = value as Value
      if (this.#stack.length === 0) {
        this.isBroken = true
        return lowest
      }
      value = this.#stack.pop()
      this.#stackBytes -= bytesOf(value)
    } while (value !== mark)
    return lowest
  }

  /** Take so many values and put one in their place. */
  replace(count: number): void {
    for (let i = 0; i < count; i++) this.pop()
    this.push(undefined)
  }

  replaceMark(): void {
    this.popMark()
    this.push(undefined)
  }

  import(module: Value, name: Value): void {
    const imported =
      typeof module === 'string' && typeof name === 'string' ? { module, name } : null
    this.push(this.#names.add(imported))
  }

  /** `value` is called, or its `__setstate__` is. */
  call(value: Value): void {
    if (typeof value === 'object') this.hasCalled = true
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
    if (known[index % pageSize] === 0) {
      known[index % pageSize] = 1
      this.#memoCount++
    }
    this.#memoBytes -= bytesOf(this.#memo.get(index))
    const bytes = bytesOf(value)
    const hasRoom = this.#memo.size < memoTextsMax && this.#memoBytes + bytes <= memoBytesMax
    if (value === undefined || !hasRoom) {
      this.#memo.delete(index)
      return
    }
    this.#memo.set(index, value)
    this.#memoBytes += bytes
  }

  recall(index: number): void {
    const isKnown = this.#known[Math.floor(index / pageSize)]?.[index % pageSize] === 1
    if (!isKnown) this.isBroken = true
    this.push(this.#memo.get(index))
  }
}

/** About what keeping a value takes; names are kept once. */
function bytesOf(value: Value | typeof mark): number {
  return typeof value === 'string' ? 24 + value.length : 0
}
