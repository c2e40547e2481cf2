import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { freshPlatform } from '#platform'
import { chunksOf } from '../../src/core/bytes.ts'

test('what lies in R2 is read in blocks of 256 kB, not of 4', async () => {
  const { blobs } = await freshPlatform()
  const bytes = new Uint8Array(1_000_000).fill(7)
  await env.ARTIFACTS.put('blobs/x', bytes)
  const sizes: number[] = []
  const blob = await blobs.get('blobs/x')
  for await (const { byteLength } of chunksOf(blob?.body ?? new ReadableStream()))
    sizes.push(byteLength)
  expect(sizes).toEqual([262_144, 262_144, 262_144, 213_568])
})

test('a reader that stops early cancels the stream, and a stream of a script is read as it comes', async () => {
  let cancelled = false
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(10)),
    cancel() {
      cancelled = true
    },
  })
  for await (const { byteLength } of chunksOf(stream)) {
    expect(byteLength).toBe(10)
    break
  }
  expect(cancelled).toBe(true)
})
