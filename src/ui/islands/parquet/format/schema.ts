import { ParquetError } from './cursor.ts'
import type { Footer, LogicalType, SchemaElement, TimeUnit } from './footer.ts'

/** Physical types, as Parquet numbers them. */
export const physical = {
  boolean: 0,
  int32: 1,
  int64: 2,
  int96: 3,
  float: 4,
  double: 5,
  bytes: 6,
  fixed: 7,
} as const

/** What values of a column mean, besides what bytes they have. */
export type ValueMeaning =
  | { readonly kind: 'plain' | 'text' | 'uuid' | 'float16' | 'date' | 'interval' | 'null' }
  | { readonly kind: 'unsigned'; readonly bits: number }
  | { readonly kind: 'signed'; readonly bits: number }
  | { readonly kind: 'decimal'; readonly scale: number; readonly precision: number }
  | { readonly kind: 'time' | 'timestamp'; readonly unit: TimeUnit; readonly isUtc: boolean }

/** A column of values; a place in every chunk list. */
export type Leaf = {
  readonly index: number
  readonly type: number
  readonly typeLength: number
  readonly meaning: ValueMeaning
  /** How many of the groups on its way may be absent, and may repeat. */
  readonly definitionMax: number
  readonly repetitionMax: number
}

export type ParquetColumn = {
  readonly name: string
  readonly isOptional: boolean
  readonly isRepeated: boolean
  /** Levels at which one of it is there, and at which another one follows. */
  readonly definition: number
  readonly repetition: number
  readonly form: 'list' | 'map' | undefined
  readonly leaf: Leaf | undefined
  readonly children: readonly ParquetColumn[]
}

const depthMax = 40

/** The columns of the file, each a tree. */
export function columnsOf({ elements }: Pick<Footer, 'elements'>): ParquetColumn[] {
  const place = { at: 1, leaves: 0 }
  const [root] = elements
  if (!root) throw new ParquetError('it names no columns')
  return childrenOf(root, { elements, place, definition: 0, repetition: 0, depth: 0 })
}

type Walk = {
  readonly elements: readonly SchemaElement[]
  readonly place: { at: number; leaves: number }
  readonly definition: number
  readonly repetition: number
  readonly depth: number
}

function childrenOf({ childCount = 0 }: SchemaElement, walk: Walk): ParquetColumn[] {
  if (walk.depth > depthMax) throw new ParquetError('its columns are nested too deep')
  const children: ParquetColumn[] = []
  while (children.length < childCount) children.push(columnAt(walk))
  return children
}

function columnAt(walk: Walk): ParquetColumn {
  const { elements, place } = walk
  const element = elements[place.at++]
  if (!element) throw new ParquetError('its columns are not all described')
  const isOptional = element.repetition === 1
  const isRepeated = element.repetition === 2
  const definition = walk.definition + Number(isOptional || isRepeated)
  const repetition = walk.repetition + Number(isRepeated)
  const below = { ...walk, definition, repetition, depth: walk.depth + 1 }
  const isLeaf = element.type !== undefined && !element.childCount
  const column = { name: element.name, isOptional, isRepeated, definition, repetition }
  if (isLeaf) {
    const leaf = leafFrom(element, { index: place.leaves++, definition, repetition })
    return { ...column, form: undefined, leaf, children: [] }
  }
  if (!element.childCount) throw new ParquetError('it has a group without columns')
  return { ...column, form: formOf(element), leaf: undefined, children: childrenOf(element, below) }
}

type Levels = Pick<Leaf, 'index'> & Pick<ParquetColumn, 'definition' | 'repetition'>

function leafFrom(element: SchemaElement, { index, definition, repetition }: Levels): Leaf {
  const { type = 0, typeLength = 0 } = element
  if (type === physical.fixed && typeLength < 1) {
    throw new ParquetError('it has values of no length')
  }
  const meaning = meaningOf(element)
  return { index, type, typeLength, meaning, definitionMax: definition, repetitionMax: repetition }
}

function formOf({ logical, converted }: SchemaElement): ParquetColumn['form'] {
  if (logical?.kind === 3 || converted === 3) return 'list'
  return logical?.kind === 2 || converted === 1 || converted === 2 ? 'map' : undefined
}

function meaningOf({ logical, converted, scale = 0, precision = 0 }: SchemaElement): ValueMeaning {
  const told = logical && meaningOfLogical(logical)
  if (told) return told
  if (converted === 5) return { kind: 'decimal', scale, precision }
  return (converted === undefined ? undefined : meanings[converted]) ?? { kind: 'plain' }
}

function meaningOfLogical(logical: LogicalType): ValueMeaning | undefined {
  const { kind, scale = 0, precision = 0, isUtc = false, unit = 'ms' } = logical
  if (kind === 5) return { kind: 'decimal', scale, precision }
  if (kind === 7) return { kind: 'time', unit, isUtc }
  if (kind === 8) return { kind: 'timestamp', unit, isUtc }
  if (kind === 10) {
    const { bitWidth: bits = 64, isSigned } = logical
    return { kind: isSigned ? 'signed' : 'unsigned', bits }
  }
  return kind === undefined ? undefined : logicalMeanings[kind]
}

const logicalMeanings: Readonly<Record<number, ValueMeaning>> = {
  1: { kind: 'text' },
  4: { kind: 'text' },
  6: { kind: 'date' },
  11: { kind: 'null' },
  12: { kind: 'text' },
  14: { kind: 'uuid' },
  15: { kind: 'float16' },
}

/** Of converted types, by their numbers. */
const meanings: Readonly<Record<number, ValueMeaning>> = {
  0: { kind: 'text' },
  4: { kind: 'text' },
  6: { kind: 'date' },
  7: { kind: 'time', unit: 'ms', isUtc: true },
  8: { kind: 'time', unit: 'us', isUtc: true },
  9: { kind: 'timestamp', unit: 'ms', isUtc: true },
  10: { kind: 'timestamp', unit: 'us', isUtc: true },
  11: { kind: 'unsigned', bits: 8 },
  12: { kind: 'unsigned', bits: 16 },
  13: { kind: 'unsigned', bits: 32 },
  14: { kind: 'unsigned', bits: 64 },
  15: { kind: 'signed', bits: 8 },
  16: { kind: 'signed', bits: 16 },
  17: { kind: 'signed', bits: 32 },
  18: { kind: 'signed', bits: 64 },
  19: { kind: 'text' },
  21: { kind: 'interval' },
}

/** The leaves of a column in their order. */
export function leavesOf(column: ParquetColumn): Leaf[] {
  return column.leaf ? [column.leaf] : column.children.flatMap(leavesOf)
}

/** What stands in a list: the writers of the time before one form was agreed on left out a level. */
export function elementOf({ name, children }: ParquetColumn): ParquetColumn | undefined {
  const [inner] = children
  if (children.length !== 1 || !inner?.isRepeated) return undefined
  const [only] = inner.children
  const isWrapped =
    inner.children.length === 1 && inner.name !== 'array' && inner.name !== `${name}_tuple`
  return isWrapped ? only : inner
}

/** Keys and values of a map. */
export function pairOf({
  children,
}: ParquetColumn): readonly [ParquetColumn, ParquetColumn] | undefined {
  const [inner] = children
  const [key, value] = inner?.children ?? []
  const isPair = children.length === 1 && inner?.isRepeated && inner.children.length === 2
  return isPair && key && value ? [key, value] : undefined
}

/** Whether its values are numbers or truth values, which are written bare in lists. */
export function isMeasured({ type, meaning: { kind } }: Leaf): boolean {
  const isPlain = kind === 'plain' || kind === 'signed' || kind === 'unsigned'
  const isNumber = type <= physical.double && type !== physical.int96
  return (isPlain && isNumber) || kind === 'decimal' || kind === 'float16'
}

export function isNumeric(leaf: Leaf): boolean {
  return isMeasured(leaf) && leaf.type !== physical.boolean
}

/** `int64`, `timestamp(us, UTC)`, `list<struct<a: double, b: string>>`. */
export function typeText(column: ParquetColumn): string {
  const text = plainTypeText(column)
  return column.isRepeated && column.form === undefined ? `list<${text}>` : text
}

function plainTypeText(column: ParquetColumn): string {
  const { form, leaf, children } = column
  if (leaf) return leafText(leaf)
  const element = form === 'list' ? elementOf(column) : undefined
  if (element) return `list<${plainTypeText(element)}>`
  const pair = form === 'map' ? pairOf(column) : undefined
  if (pair) return `map<${pair.map(plainTypeText).join(', ')}>`
  return `struct<${children.map((child) => `${child.name}: ${typeText(child)}`).join(', ')}>`
}

const physicalTexts = ['boolean', 'int32', 'int64', 'timestamp(ns)', 'float', 'double', 'binary']

function leafText({ type, typeLength, meaning }: Leaf): string {
  switch (meaning.kind) {
    case 'plain':
      return physicalTexts[type] ?? `binary(${typeLength})`
    case 'text':
      return 'string'
    case 'signed':
      return `int${meaning.bits}`
    case 'unsigned':
      return `uint${meaning.bits}`
    case 'decimal':
      return `decimal(${meaning.precision}, ${meaning.scale})`
    case 'time':
      return `time(${meaning.unit})`
    case 'timestamp':
      return `timestamp(${meaning.unit}${meaning.isUtc ? ', UTC' : ''})`
    default:
      return meaning.kind
  }
}
