/** MLflow's model signature as it was logged: columns in, columns out, params. Plain JSON, nested little. */
export type LoggedSignature = Readonly<Record<string, unknown>>

/** Types of columns nest; what is deeper was not written by a client. */
const depthMax = 64

const lists = ['inputs', 'outputs']

/**
 * A signature as an MLmodel has it: each part is JSON text, or YAML. Parts that are null are left out.
 *
 * @returns the signature; or what is wrong, to be put behind its name
 */
export function readSignatureParts(
  given: unknown,
): { signature: LoggedSignature } | { problem: string } {
  const parts = plainFrom(given)
  if (!isObject(parts)) return { problem: 'is no mapping' }
  const named: [string, unknown][] = []
  for (const [key, part] of Object.entries(parts)) {
    const read = typeof part === 'string' ? readJson(part) : { value: part }
    if ('problem' in read) return { problem: `${read.problem} (${key})` }
    if (read.value === null) continue
    if (lists.includes(key) && !isListOfObjects(read.value)) {
      return { problem: `has ${key} that are no list of columns` }
    }
    named.push([key, read.value])
  }
  return { signature: Object.fromEntries(named) }
}

/** What JSON text holds, if it is nested no deeper than can be written again; or what is wrong. */
export function readJson(text: string): { value: unknown } | { problem: string } {
  if (depthOf(text) > depthMax) return { problem: `is nested deeper than ${depthMax} levels` }
  try {
    return { value: JSON.parse(text) }
  } catch {
    return { problem: 'is not valid JSON' }
  }
}

/** How deep JSON text is nested. Other text may give any number. */
function depthOf(text: string): number {
  let [depth, deepest, isQuoted] = [0, 0, false]
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (char === '"') isQuoted = !isQuoted
    else if (isQuoted) {
      if (char === '\\') i++
    } else if (char === '[' || char === '{') deepest = Math.max(deepest, ++depth)
    else if (char === ']' || char === '}') depth--
  }
  return deepest
}

/** Maps of YAML, which is nested little, as objects. */
function plainFrom(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainFrom)
  if (!(value instanceof Map)) return value
  return Object.fromEntries([...value].map(([key, item]) => [String(key), plainFrom(item)]))
}

function isListOfObjects(value: unknown): boolean {
  return Array.isArray(value) && value.every(isObject)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
