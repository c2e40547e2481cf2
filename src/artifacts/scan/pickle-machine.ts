import { UnreadableError } from './byte-reader.ts'

/** A name that a pickle imports; null: it is made while loading, and reading cannot tell it. */
export type PickledName = { readonly module: string; readonly name: string } | null

/** What stands on the stack, as far as it matters: texts, imported names, or anything else. */
type Value = string | { readonly imported: PickledName } | undefined

const mark = Symbol('mark')

const stackMax = 1_000_000
const memoMax = 16_000_000
/** Texts beyond so many are forgotten; a name made of one cannot be told, which is a finding. */
const memoTextsMax = 300_000
const namesMax = 500

/** All that loading a file would import, from all pickles in it. */
export class PickledNames {
  readonly #names = new Map<string, PickledName>()

  add(name: PickledName): void {
    this.#names.set(name ? `${name.module}\n${name.name}` : '', name)
    if (this.#names.size > namesMax) {
      throw new UnreadableError(`it imports more than ${namesMax} names`)
    }
  }

  get size(): number {
    return this.#names.size
  }

  list(): PickledName[] {
    return [...this.#names.values()]
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
  #isKnown = new Uint8Array(1024)
  #memoCount = 0

  readonly #names: PickledNames

  constructor(names: PickledNames) {
    this.#names = names
  }

  push(value: Value): void {
    if (this.#stack.length >= stackMax) throw new UnreadableError('its stack is too deep')
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
    this.#names.add(imported)
    this.push({ imported })
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
    if (index >= this.#isKnown.length) {
      const longer = new Uint8Array(
        Math.min(memoMax, Math.max(index + 1, this.#isKnown.length * 2)),
      )
      longer.set(this.#isKnown)
      this.#isKnown = longer
    }
    if (this.#isKnown[index] === 0) {
      this.#isKnown[index] = 1
      this.#memoCount++
    }
    const isKept = value !== undefined && this.#memo.size < memoTextsMax
    if (isKept) this.#memo.set(index, value)
    else this.#memo.delete(index)
  }

  recall(index: number): void {
    if (this.#isKnown[index] !== 1) this.isBroken = true
    this.push(this.#memo.get(index))
  }
}
