/** A name that a pickle imports; null: it is made while loading, and reading cannot tell it. */
export type PickledName = { readonly module: string; readonly name: string } | null

/** Whether a name could be one of Python: a text that was taken for a pickle has others. */
export function isPlausible(name: PickledName): boolean {
  return !name || /^[\p{L}_][\p{L}\p{N}_.]*$/u.test(`${name.module}.${name.name}`)
}

export type ImportedValue = { readonly kind: 'name'; readonly imported: PickledName }

/** Flat: of what lies in it, only what is no container is kept. */
export type TupleValue = { readonly kind: 'tuple'; readonly items: readonly PickleValue[] }

/** What joblib reads of the stand-in of an array; `isKnown`: nothing else can have been set. */
type ArrayFacts = {
  isKnown: boolean
  shape?: PickleValue
  dtype?: PickleValue
  numpy_array_alignment_bytes?: PickleValue
}

/** Of its entries, those that the stand-in of an array may be given. */
export type DictValue = ArrayFacts & { readonly kind: 'dict' }

/** The stand-in of an array, whose bytes joblib writes behind it. */
export type ArrayValue = ArrayFacts & { readonly kind: 'array' }

/** A type of NumPy. `sizeBytes` of one element. */
export type DtypeValue = {
  readonly kind: 'dtype'
  readonly isFlexible: boolean
  sizeBytes: number
  hasObjects: boolean
  isKnown: boolean
}

export const none = Symbol('none')
/** A value that is no text, none of the containers that are followed and no stand-in of an array. */
export const other = Symbol('other')
/** What a call made: no stand-in of an array, but it may be a text. */
export const made = Symbol('made')

/** What stands on the stack, as far as it matters; undefined: it cannot be told. */
export type PickleValue =
  | string
  | number
  | boolean
  | typeof none
  | typeof other
  | typeof made
  | ImportedValue
  | TupleValue
  | DictValue
  | ArrayValue
  | DtypeValue
  | undefined

/** What lies behind the stand-in of an array; undefined: it cannot be told. */
export type ArrayBytes =
  | { readonly sizeBytes: number; readonly isPadded: boolean }
  | 'pickle'
  | undefined

const itemsMax = 16
const factNames = ['shape', 'dtype', 'numpy_array_alignment_bytes'] as const

export function tupleOf(items: readonly PickleValue[]): PickleValue {
  if (items.length > itemsMax) return other
  return { kind: 'tuple', items: items.map((item) => (isContainer(item) ? other : item)) }
}

function isContainer(value: PickleValue): boolean {
  return typeof value === 'object' && value.kind !== 'name'
}

/** Put keys and values, in turn, into a dictionary. */
export function putItems(into: PickleValue, items: readonly PickleValue[]): void {
  if (typeof into !== 'object' || into.kind !== 'dict') return
  if (items.length % 2 === 1) into.isKnown = false
  for (let i = 0; i + 1 < items.length; i += 2) {
    const key = items[i]
    // What was made by a call may be a text.
    if (key === undefined || key === made) into.isKnown = false
    const fact = factNames.find((name) => name === key)
    if (fact) into[fact] = factOf(items[i + 1])
  }
}

/** A fact as far as it matters: what it may hold besides is counted nowhere once it lies in a dictionary. */
function factOf(value: PickleValue): PickleValue {
  if (typeof value === 'string' || value === undefined) return other
  if (typeof value !== 'object' || value.kind === 'dtype') return value
  const isShape = value.kind === 'tuple' && value.items.every((item) => typeof item === 'number')
  return isShape ? value : other
}

/** Libraries of which nothing makes a text. */
const makesNoText = /^(numpy|sklearn|scipy|collections|torch)(\.|$)/

/** What comes of calling what a pickle imported, or of making one of it (`isNew`). */
export function resultOf(called: PickleValue, args: PickleValue, isNew: boolean): PickleValue {
  if (typeof called !== 'object' || called.kind !== 'name' || !called.imported) return undefined
  const { module, name } = called.imported
  if (isOfJoblib(called)) {
    const isPlain = module === 'joblib.numpy_pickle' && name === 'NumpyArrayWrapper'
    return { kind: 'array', isKnown: isPlain && isNew && isEmptyTuple(args) }
  }
  if (module === 'numpy' && name === 'dtype') return isNew ? undefined : dtypeOf(args)
  if (module === 'copyreg' || module === 'copy_reg') return rebuiltOf(name, args)
  // It gives back what it is given.
  if (name === 'scalar') return undefined
  return makesNoText.test(module) ? other : made
}

/** `copyreg._reconstructor` makes an object of the class that it is given. */
function rebuiltOf(name: string, args: PickleValue): PickleValue {
  const [type] = itemsOf(args)
  if (name !== '_reconstructor' || typeof type !== 'object' || type.kind !== 'name')
    return undefined
  return type.imported && !isOfJoblib(type) ? made : undefined
}

function itemsOf(value: PickleValue): readonly PickleValue[] {
  return typeof value === 'object' && value.kind === 'tuple' ? value.items : []
}

/** Whether a name may be joblib's stand-in of an array, or change it. */
export function isOfJoblib(value: PickleValue): boolean {
  return (
    typeof value === 'object' &&
    value.kind === 'name' &&
    /^joblib(\.|$)/.test(value.imported?.module ?? '')
  )
}

function isEmptyTuple(value: PickleValue): boolean {
  return typeof value === 'object' && value.kind === 'tuple' && value.items.length === 0
}

/** `numpy.dtype('f8', False, True)`: the last says that it is one of its own, which others do not share. */
function dtypeOf(args: PickleValue): PickleValue {
  const [text, , isOwn] = itemsOf(args)
  const found = typeof text === 'string' ? /^([biufcSUVOmM])(\d{1,9})$/.exec(text) : null
  if (!found || (isOwn !== true && isOwn !== 1)) return undefined
  const [, letter = '', count] = found
  return {
    kind: 'dtype',
    isFlexible: 'SUV'.includes(letter),
    sizeBytes: Number(count) * (letter === 'U' ? 4 : 1),
    hasObjects: letter === 'O',
    isKnown: true,
  }
}

/** Give an object its state, as `__setstate__` does. */
export function setState(value: PickleValue, state: PickleValue): void {
  if (typeof value !== 'object') return
  if (value.kind === 'dtype') setDtype(value, state)
  if (value.kind !== 'array' || state === none) return
  if (typeof state !== 'object' || state.kind !== 'dict' || !state.isKnown) {
    value.isKnown = false
    return
  }
  for (const fact of factNames) if (state[fact] !== undefined) value[fact] = state[fact]
}

/** Version, byte order, part, names, fields, size, alignment, flags: the lowest says that there are objects in it. */
function setDtype(dtype: DtypeValue, state: PickleValue): void {
  const items = itemsOf(state)
  const [version, size, flags] = [items[0], items[5], items[7]]
  const isTold = (version === 3 || version === 4) && typeof flags === 'number'
  if (!isTold || (dtype.isFlexible && typeof size !== 'number')) {
    dtype.isKnown = false
    return
  }
  dtype.hasObjects = flags % 2 === 1
  if (dtype.isFlexible && typeof size === 'number') dtype.sizeBytes = size
}

/** What lies behind the stand-in of an array. */
export function bytesBehind(value: PickleValue): ArrayBytes {
  if (typeof value !== 'object' || value.kind !== 'array' || !value.isKnown) return undefined
  const { shape, dtype, numpy_array_alignment_bytes: alignment } = value
  if (typeof dtype !== 'object' || dtype.kind !== 'dtype' || !dtype.isKnown) return undefined
  if (dtype.hasObjects) return 'pickle'
  const sizeBytes = sizeOf(shape, dtype.sizeBytes)
  const isPadded = typeof alignment === 'number'
  const isTold = isPadded || alignment === undefined || alignment === none
  return isTold && sizeBytes !== undefined ? { sizeBytes, isPadded } : undefined
}

/** What an array takes; undefined: it cannot be told. */
function sizeOf(shape: PickleValue, elementBytes: number): number | undefined {
  if (typeof shape !== 'object' || shape.kind !== 'tuple') return undefined
  if (elementBytes === 0 || elementBytes >= 2 ** 31) return undefined
  let sizeBytes = elementBytes
  for (const length of shape.items) {
    if (typeof length !== 'number') return undefined
    sizeBytes *= length
    if (sizeBytes > Number.MAX_SAFE_INTEGER) return undefined
  }
  return sizeBytes
}

/** Whether it may be a text that cannot be told. */
export function mayBeText(value: PickleValue): boolean {
  return value === undefined || value === made || typeof value === 'string'
}

/** Something is not followed any more: what others do with it would not be seen. */
export function forgetValue(value: PickleValue): void {
  if (typeof value === 'object' && 'isKnown' in value) value.isKnown = false
}

/** About what keeping a value takes; names are kept once. */
export function bytesOf(value: PickleValue): number {
  if (typeof value === 'string') return 24 + value.length
  if (typeof value !== 'object' || value.kind === 'name') return 0
  if (value.kind !== 'tuple') return 100
  return value.items.reduce<number>((sum, item) => sum + 8 + bytesOf(item), 50)
}
