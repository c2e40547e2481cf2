import { makeZip, predictLength } from 'client-zip'
import {
  canonicalManifest,
  readAllManifestFiles,
  type SealedFile,
} from '../../artifacts/manifest.ts'
import { chunksOf, toUtf8 } from '../../core/bytes.ts'
import type { Context } from '../../platform/context.ts'
import { failureText, logError } from '../../platform/log.ts'
import { openAudited } from '../../registry/files/damaged-files.ts'
import { bundlePaths, modelFolder } from '../statements/statement.ts'
import type { ReleaseBundle } from './read-bundles.ts'
import type { BundleTexts } from './sign-release.ts'

export type BundleZip = { readonly body: ReadableStream<Uint8Array>; readonly sizeBytes: number }

/**
 * A bundle as a zip, not compressed; it streams. The same bundle gives the same bytes each time.
 * Stored bytes that are damaged cut it off.
 */
export async function streamBundle(
  ctx: Context,
  bundle: ReleaseBundle,
  texts: BundleTexts,
): Promise<BundleZip> {
  const files = await readAllManifestFiles(ctx, bundle.manifestId)
  const small = [
    { name: bundlePaths.manifest, input: toUtf8(canonicalManifest(files)) },
    ...Object.entries(texts).map(([name, text]) => ({ name, input: toUtf8(text) })),
  ]
  const sizes = [
    ...small.map(({ name, input }) => ({ name, size: input.byteLength })),
    ...files.map(({ path, sizeBytes }) => ({ name: modelFolder + path, size: sizeBytes })),
  ]
  const opened = new OpenedFiles(ctx, files)
  const lastModified = new Date(bundle.createdAtMs)
  async function* members() {
    for (const one of small) yield { ...one, lastModified }
    for await (const one of opened.members()) yield { ...one, lastModified }
  }
  return {
    body: closing(makeZip(members(), { buffersAreUTF8: true }), { ctx, opened }),
    // Far below 2^53: one number is enough.
    sizeBytes: Number(predictLength(sizes)),
  }
}

/** The files of a version one after another, of which at most one is open. */
class OpenedFiles {
  readonly #ctx: Context
  readonly #files: readonly SealedFile[]
  #current: AsyncGenerator<Uint8Array> | undefined

  constructor(ctx: Context, files: readonly SealedFile[]) {
    this.#ctx = ctx
    this.#files = files
  }

  async *members() {
    for (const file of this.#files) {
      const input = chunksOf(await openAudited(this.#ctx, file), file.sizeBytes)
      this.#current = input
      yield { name: modelFolder + file.path, input }
    }
  }

  /** The zip's own end does not reach what it reads from. */
  async close(): Promise<void> {
    await this.#current?.return(undefined)
  }
}

/** The zip as it is read; nothing is read ahead. */
function closing(
  zip: ReadableStream<Uint8Array>,
  { ctx, opened }: { readonly ctx: Context; readonly opened: OpenedFiles },
): ReadableStream<Uint8Array> {
  const reader = zip.getReader()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (done) controller.close()
          else controller.enqueue(value)
        } catch (err) {
          logError({ event: 'bundle cut off', requestId: ctx.requestId, error: failureText(err) })
          await opened.close()
          controller.error(err)
        }
      },
      async cancel() {
        await opened.close()
        await reader.cancel()
      },
    },
    { highWaterMark: 0 },
  )
}
