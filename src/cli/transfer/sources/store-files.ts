import type { Dirent } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { excerpt } from '../../../core/error.ts'
import { readYaml } from '../../../registry/model-files/read-yaml.ts'
import type { Metric } from '../../../tracking/run.ts'
import { isThere, tryRead } from './local-files.ts'
import { metricOf } from './mlflow-items.ts'
import * as shapes from './mlflow-shapes.ts'
import { SourceError } from './source-error.ts'

const textBytesMax = 64 * 1024 * 1024
const depthMax = 16

/** What a `meta.yaml` says, without fields that are not set. */
export type Meta = Readonly<Record<string, unknown>>

/** Folders of a folder, by name; none where it is not there. */
export async function listFolders(folder: string): Promise<string[]> {
  const entries = await readEntries(folder)
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
}

async function readEntries(folder: string): Promise<Dirent[]> {
  if (!(await isThere(folder))) return []
  return (await tryRead(readdir(folder, { withFileTypes: true }))) ?? []
}

/** `meta.yaml` of a folder; undefined where there is none. @throws SourceError it cannot be read */
export async function readMeta(folder: string): Promise<Meta | undefined> {
  const path = join(folder, 'meta.yaml')
  const text = (await isThere(path)) ? await readText(path) : undefined
  if (text === undefined) return undefined
  const read = await readYaml(text)
  if ('problem' in read) throw new SourceError(`${path}: ${read.problem}`)
  if (!(read.value instanceof Map)) throw new SourceError(`${path}: it holds no fields`)
  return plain(read.value)
}

/** Without what is null: MLflow writes unset fields so. */
function plain(map: Map<unknown, unknown>): Meta {
  return Object.fromEntries(
    [...map].flatMap(([key, value]) => {
      if (value === null || value === undefined) return []
      return [[String(key), value instanceof Map ? plain(value) : value]]
    }),
  )
}

export function asObject(value: unknown): Meta {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {}
}

/** @param path behind no link: asked for by `isThere`, or listed as a file */
async function readText(path: string): Promise<string | undefined> {
  const found = await tryRead(stat(path))
  if (!found) return undefined
  if (!found.isFile()) throw new SourceError(`${path} is no file`)
  if (found.size > textBytesMax)
    throw new SourceError(`${path} has more than ${textBytesMax} bytes`)
  return tryRead(readFile(path, 'utf8'))
}

/** Files of keys, whose slashes are folders. */
export async function listKeys(
  folder: string,
  depth = 0,
): Promise<{ key: string; path: string }[]> {
  const found: { key: string; path: string }[] = []
  for (const entry of await readEntries(folder)) {
    const path = join(folder, entry.name)
    if (entry.isFile()) found.push({ key: entry.name, path })
    if (!entry.isDirectory() || depth >= depthMax) continue
    const below = await listKeys(path, depth + 1)
    found.push(...below.map((one) => ({ ...one, key: `${entry.name}/${one.key}` })))
  }
  return found
}

/** Each file is a key, and all that is in it the value. */
export async function readValues(folder: string): Promise<{ key: string; value: string }[]> {
  const values: { key: string; value: string }[] = []
  for (const { key, path } of await listKeys(folder)) {
    values.push({ key, value: (await readText(path)) ?? '' })
  }
  return values
}

export async function readOutputs(folder: string): Promise<object[]> {
  const outputs: object[] = []
  for (const id of await listFolders(join(folder, 'outputs'))) {
    const meta = await readMeta(join(folder, 'outputs', id))
    if (meta) outputs.push({ model_id: String(meta.destination_id ?? id), step: meta.step ?? 0 })
  }
  return outputs
}

/** A line a point: time, value and, in all but the oldest files, step. Some stand there twice. */
export async function readPoints(path: string, key: string): Promise<Metric[]> {
  const text = (await readText(path)) ?? ''
  return linesOf(text).map((line) => {
    const [timestamp = '', value = '', step = '0'] = line.split(/\s+/)
    return pointOf({ key, timestamp, value, step }, path)
  })
}

/** As those of runs, with the run and, where there is one, the dataset behind the step. */
export async function readModelMetrics(folder: string): Promise<object[]> {
  const metrics: object[] = []
  for (const { key, path } of await listKeys(folder)) {
    for (const line of linesOf((await readText(path)) ?? '')) {
      const [timestamp = '', value = '', step = '0', run_id, dataset_name, dataset_digest] =
        line.split(/\s+/)
      const point = metricAnswer(pointOf({ key, timestamp, value, step }, path))
      metrics.push({ ...point, run_id, dataset_name, dataset_digest })
    }
  }
  return metrics
}

function linesOf(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim())
  return [...new Set(lines.filter((line) => line !== ''))]
}

type PointText = Readonly<Record<'key' | 'timestamp' | 'value' | 'step', string>>

function pointOf({ key, timestamp, value, step }: PointText, path: string): Metric {
  const read = shapes.MetricShape.safeParse({ key, timestamp, step, value: numberOf(value) })
  if (read.success) return metricOf(read.data)
  throw new SourceError(`${path}: '${excerpt(`${timestamp} ${value} ${step}`)}' is no point`)
}

/** As Python writes numbers. */
function numberOf(text: string): number | string {
  if (/^nan$/i.test(text)) return 'NaN'
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? '-Infinity' : 'Infinity'
  return text === '' ? text : Number(text)
}

export function metricAnswer({ key, value, timestampMs, step }: Metric): object {
  return {
    key,
    value: Number.isNaN(value) ? 'NaN' : value,
    timestamp: String(timestampMs),
    step: String(step),
  }
}
