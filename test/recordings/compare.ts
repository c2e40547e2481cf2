import { isObject } from './names.ts'
import type { Json } from './recording.ts'

/** Texts of errors, and what MLflow 3 adds to them, are no contract: clients read the code alone. */
const ignored = new Set(['message', 'sqlstate', 'error_class'])

/**
 * What an answer has otherwise than recorded, one line each: where, what was recorded, what came.
 * Times are compared only by being times. The recorded ids must be translated already.
 */
export function differences(recorded: Json, ours: Json, at = '$'): string[] {
  if (typeof recorded === 'string' && typeof ours === 'string') {
    return textDifferences(recorded, ours, at)
  }
  if (Array.isArray(recorded) && Array.isArray(ours)) return listDifferences(recorded, ours, at)
  if (isObject(recorded) && isObject(ours)) return objectDifferences(recorded, ours, at)
  const same = recorded === ours || (isTime(recorded) && isTime(ours))
  return same ? [] : [differ(at, recorded, ours)]
}

function objectDifferences(
  recorded: { [key: string]: Json },
  ours: { [key: string]: Json },

  at: string,
): string[] {
  const found: string[] = []
  for (const key of new Set([...Object.keys(recorded), ...Object.keys(ours)])) {
    if (ignored.has(key)) continue
    const wanted = recorded[key]
    const got = ours[key]
    if (wanted === undefined) found.push(`${at}.${key} is extra: ${excerpt(got)}`)
    else if (got === undefined) found.push(`${at}.${key} is missing: ${excerpt(wanted)}`)
    else found.push(...differences(wanted, got, `${at}.${key}`))
  }
  return found
}

function listDifferences(recorded: Json[], ours: Json[], at: string): string[] {
  const cut = /^\.\.\.<(\d+) items in all>$/.exec(String(recorded.at(-1)))
  const length = cut ? Number(cut[1]) : recorded.length
  if (length !== ours.length) return [`${at} has ${ours.length} entries, not ${length}`]
  const wanted = sorted(cut ? recorded.slice(0, -1) : recorded)
  const got = sorted(ours)
  return wanted.flatMap((entry, index) => differences(entry, got[index] ?? null, `${at}[${index}]`))
}

/** Tags, params, metrics and the models of a run are sets: their order is the server's own. */
function sorted(list: Json): Json[] {
  if (!Array.isArray(list)) return []
  const keys = list.map(keyOf)
  if (keys.includes(undefined) || new Set(keys).size < keys.length) return list
  return [...list].sort((a, b) => (String(keyOf(a)) < String(keyOf(b)) ? -1 : 1))
}

function keyOf(entry: Json): string | undefined {
  const isNamed = isObject(entry) && !('experiment_id' in entry)
  const key = isNamed ? (entry.key ?? entry.model_id) : undefined
  return typeof key === 'string' ? key : undefined
}

/** Tags hold JSON at times, which servers space differently. */
function jsonIn(text: string): Json | undefined {
  if (!/^[[{]/.test(text)) return undefined
  try {
    return JSON.parse(text)
  } catch {
    // Not JSON after all, or cut in the recording: compared as text.
    return undefined
  }
}

function textDifferences(recorded: string, ours: string, at: string): string[] {
  if (isTimestamp(recorded) && isTimestamp(ours)) return []
  const [wanted, got] = [jsonIn(recorded), jsonIn(ours)]
  if (wanted !== undefined && got !== undefined) return differences(wanted, got, at)
  const start = /^(.*?)\.\.\.<\d+ chars>$/s.exec(recorded)?.[1]
  const same = start === undefined ? recorded === ours : ours.startsWith(start)
  return same ? [] : [differ(at, recorded, ours)]
}

/** Between 2014 and 2033, in milliseconds. */
function isTime(value: Json): boolean {
  return typeof value === 'number' && value > 1.4e12 && value < 2e12
}

/** Of traces and assessments. */
function isTimestamp(text: string): boolean {
  return /^20\d\d-\d\d-\d\dT[\d:.]+Z$/.test(text)
}

function differ(at: string, recorded: Json, ours: Json): string {
  return `${at} was ${excerpt(recorded)}, is ${excerpt(ours)}`
}

function excerpt(value: Json | undefined): string {
  return JSON.stringify(value)?.slice(0, 200) ?? 'absent'
}
