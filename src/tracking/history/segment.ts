import { joinBytes, toUtf8 } from '../../core/bytes.ts'
import { type Int64, int64FromRow } from '../../core/int64.ts'
import { type Point, packPoints, unpackPoints } from './chunk-codec.ts'
import { crc32Of } from './crc32.ts'

/** Points of one metric that lie together. */
const pointsMax = 1000

/** Where some points of a metric are, in bytes from the beginning of the segment. */
export type SegmentChunk = {
  readonly first: Place
  readonly last: Place
  readonly points: number
  readonly start: number
  readonly length: number
  readonly crc: number
}

/** When a point was logged, and at which step. */
export type Place = Omit<Point, 'value'>

/** A part of the history of a run, as it lies in a pack. */
export type Segment = {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly directoryLength: number
  readonly points: number
}

/** The chunks of each metric, in the order of history. */
export type SegmentDirectory = ReadonlyMap<string, readonly SegmentChunk[]>

type Wide = number | string

type ChunkCells = readonly [
  firstMs: Wide,
  firstStep: Wide,
  lastMs: Wide,
  lastStep: Wide,
  points: number,
  length: number,
  crc: number,
]

/**
 * A directory, then the points of one metric after another. The directory is its CRC-32 and a JSON list: for each
 * metric its name and what a `SegmentChunk` has of each chunk.
 *
 * @param histories by the names of metrics: points in the order of history, each once
 */
export function encodeSegment(histories: ReadonlyMap<string, readonly Point[]>): Segment {
  const bodies: Uint8Array[] = []
  let total = 0
  const entries = [...histories].map(([key, points]) => {
    const chunks: ChunkCells[] = []
    for (let at = 0; at < points.length; at += pointsMax) {
      const own = points.slice(at, at + pointsMax)
      const body = packPoints(own)
      bodies.push(body)
      total += own.length
      chunks.push([
        ...placeCellsOf(own.at(0)),
        ...placeCellsOf(own.at(-1)),
        ...[own.length, body.byteLength, crc32Of(body)],
      ] as unknown as ChunkCells)
    }
    return [key, chunks]
  })
  const json = toUtf8(JSON.stringify(entries))
  const sum = new Uint8Array(sumLength)
  new DataView(sum.buffer).setUint32(0, crc32Of(json))
  return {
    bytes: joinBytes([sum, json, ...bodies]),
    directoryLength: sumLength + json.byteLength,
    points: total,
  }
}

/** @param bytes the first `directoryLength` of a segment @throws they are damaged */
export function decodeDirectory(bytes: Uint8Array<ArrayBuffer>): SegmentDirectory {
  const json = bytes.subarray(sumLength)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0) !== crc32Of(json)) throw new Error('The directory of a segment is damaged')
  const entries: [string, ChunkCells[]][] = JSON.parse(new TextDecoder().decode(json))
  let start = bytes.byteLength
  return new Map(
    entries.map(([key, chunks]) => [
      key,
      chunks.map(([firstMs, firstStep, lastMs, lastStep, points, length, crc]) => {
        const chunk = {
          first: { timestampMs: int64FromRow(firstMs), step: int64FromRow(firstStep) },
          last: { timestampMs: int64FromRow(lastMs), step: int64FromRow(lastStep) },
          ...{ points, start, length, crc },
        }
        start += length
        return chunk
      }),
    ]),
  )
}

/** @param bytes those that the chunk has in its segment @throws they are damaged */
export function decodeChunk(chunk: SegmentChunk, bytes: Uint8Array<ArrayBuffer>): Point[] {
  if (crc32Of(bytes) !== chunk.crc) throw new Error('Points of a segment are damaged')
  return unpackPoints(bytes)
}

const sumLength = 4

function placeCellsOf(point: Place | undefined): [Wide, Wide] {
  if (!point) throw new Error('A chunk has points')
  return [wideCellOf(point.timestampMs), wideCellOf(point.step)]
}

/** Whole numbers of 64 bits are text, as in a row. */
function wideCellOf(value: Int64): Wide {
  return typeof value === 'number' ? value : value.toString()
}
