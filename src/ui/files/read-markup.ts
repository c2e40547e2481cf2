import type { ArtifactFile } from '../../artifacts/files.ts'
import { invalid } from '../../core/error.ts'
import type { Context } from '../../platform/context.ts'
import { readNotebook } from './read-notebook.ts'
import { readPart } from './read-part.ts'

export const markupNames = /\.html?$/i
/** As much as a frame shows. */
export const markupBytesMax = 10_000_000

type NotebookPlace = { readonly cell: string | undefined; readonly output: string | undefined }

/** The markup of a file, or of one output of a notebook. @throws INVALID_PARAMETER_VALUE it has none */
export async function readMarkup(
  ctx: Context,
  file: ArtifactFile,
  { cell, output }: NotebookPlace,
): Promise<string | Uint8Array<ArrayBuffer>> {
  if (cell !== undefined) {
    const notebook = await readNotebook(ctx, file)
    const found = notebook?.cells[Number(cell)]?.outputs[Number(output)]
    if (found?.kind === 'html') return found.html
    throw invalid('This cell has no such output')
  }
  if (!markupNames.test(file.path) || file.sizeBytes > markupBytesMax) {
    throw invalid('Only HTML of up to 10 MB is shown in a frame; download the file')
  }
  return readPart(ctx, file, { start: 0, end: file.sizeBytes })
}
