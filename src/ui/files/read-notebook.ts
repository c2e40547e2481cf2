import type { ArtifactFile } from '../../artifacts/files.ts'
import type { Context } from '../../platform/context.ts'
import { readPart } from './read-part.ts'

/** A notebook, as much of it as a page shows. */
export type Notebook = {
  readonly cells: readonly NotebookCell[]
  readonly count: number
}

export type NotebookCell = {
  readonly kind: 'markdown' | 'code'
  readonly source: string
  readonly outputs: readonly NotebookOutput[]
}

export type NotebookOutput =
  | { readonly kind: 'text'; readonly text: string }
  /** `url` has the image in itself. */
  | { readonly kind: 'image'; readonly url: string }
  /** Markup of the notebook, which runs in a frame of its own and nowhere else. */
  | { readonly kind: 'html'; readonly html: string }

/** Which output of which cell, both from 0. */
export type NotebookOutputPlace = { readonly cell: number; readonly output: number }

const bytesMax = 5_000_000
const cellsMax = 300
const outputsMax = 20
const charsMax = 50_000

/** Undefined: it is too large, or no notebook. */
export async function readNotebook(
  ctx: Context,
  file: ArtifactFile,
): Promise<Notebook | undefined> {
  if (!/\.ipynb$/i.test(file.path) || file.sizeBytes > bytesMax) return undefined
  const bytes = await readPart(ctx, file, { start: 0, end: file.sizeBytes })
  const cells = cellsOf(bytes)
  if (!Array.isArray(cells)) return undefined
  return { count: cells.length, cells: cells.slice(0, cellsMax).map(cellFrom) }
}

function cellsOf(bytes: Uint8Array): unknown {
  try {
    return Object(JSON.parse(new TextDecoder().decode(bytes))).cells
  } catch {
    return undefined
  }
}

function cellFrom(cell: unknown): NotebookCell {
  const { cell_type, source, outputs } = Object(cell)
  return {
    kind: cell_type === 'markdown' ? 'markdown' : 'code',
    source: textOf(source),
    outputs: Array.isArray(outputs) ? outputs.slice(0, outputsMax).flatMap(outputFrom) : [],
  }
}

/** The richest form that a page may show. */
function outputFrom(output: unknown): NotebookOutput[] {
  const { data, text, traceback } = Object(output)
  const { 'text/html': html, 'text/plain': plain, ...others } = Object(data)
  const image = imageOf(others)
  if (image !== undefined) return [{ kind: 'image', url: image }]
  if (html !== undefined) return [{ kind: 'html', html: wholeText(html) }]
  const shown = textOf(text ?? plain ?? traceback)
  return shown === '' ? [] : [{ kind: 'text', text: shown }]
}

function imageOf(data: Readonly<Record<string, unknown>>): string | undefined {
  for (const type of ['image/png', 'image/jpeg', 'image/gif', 'image/webp']) {
    const base64 = wholeText(data[type]).replace(/\s/g, '')
    if (base64 !== '' && /^[\w+/]+=*$/.test(base64)) return `data:${type};base64,${base64}`
  }
  const svg = wholeText(data['image/svg+xml'])
  return svg === '' ? undefined : `data:image/svg+xml,${encodeURIComponent(svg.toWellFormed())}`
}

/** Texts are lists of lines as often as texts. */
function wholeText(text: unknown): string {
  if (typeof text === 'string') return text
  return Array.isArray(text) ? text.filter((line) => typeof line === 'string').join('') : ''
}

/** Without the colours of a terminal. */
function textOf(text: unknown): string {
  const whole = wholeText(text)
  const shown = whole.length > charsMax ? `${whole.slice(0, charsMax)}…` : whole
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with one
  return shown.replace(/\u001b\[[\d;]*m/g, '')
}
