/** What stands in the place of a value. */
export const redactedMark = '[redacted]'

/** A mark, or what lies between marks and strings. */
const others = /[{}[\]:,]|[^"{}[\]:,]+/y

/** A string that may hold JSON itself, as the arguments of a tool call do, after spaces and escapes of such. */
const stringOfJson = /^"[\s\\nrt]*(?:[{[]|\\u00[57]b)/i

/**
 * A text of JSON, whole or cut off at its end as previews are, with the values replaced that lie under some
 * keys, also in JSON that is the text of a string. A text that does not begin as an object, a list
 * or such a string stays as it is.
 */
export function redactJsonText(
  text: string,
  isRedacted: (key: string) => boolean,
  replaced: () => void,
): string {
  if (!isJsonLike(text)) return text
  const made: string[] = []
  let key = ''
  let isChanged = false
  // How deep in a value that is left out; undefined: in none.
  let depth: number | undefined
  for (const { token, end } of tokensOf(text)) {
    if (depth !== undefined && !(depth === 0 && ',}]'.includes(token))) {
      depth += depthOf(token)
      continue
    }
    depth = undefined
    const kept = redactString(token, isRedacted, replaced)
    if (kept !== token) isChanged = true
    made.push(kept)
    if (token.startsWith('"')) key = token
    if (token !== ':' || !isRedacted(textOf(key)) || isDone(text, end)) continue
    isChanged = true
    replaced()
    made.push(` "${redactedMark}"`)
    depth = 0
  }
  return isChanged ? made.join('') : text
}

/** Strings, also one that is cut off, marks, and what lies between, with the place where each ends. */
function* tokensOf(text: string): Generator<{ readonly token: string; readonly end: number }> {
  for (let [start, end] = [0, 0]; start < text.length; start = end) {
    if (text[start] === '"') end = endOfString(text, start) ?? text.length
    else {
      others.lastIndex = start
      others.test(text)
      end = others.lastIndex
    }
    yield { token: text.slice(start, end), end }
  }
}

/** A loop, since an expression would need a stack as long as the string. @returns undefined: it is cut off */
function endOfString(text: string, start: number): number | undefined {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === '"') return at + 1
  }
  return undefined
}

function isJsonLike(text: string): boolean {
  const start = text.trimStart()
  return start.startsWith('{') || start.startsWith('[') || stringOfJson.test(start)
}

/** Each level takes its own escapes, so that there are few of them. */
function redactString(
  token: string,
  isRedacted: (key: string) => boolean,
  replaced: () => void,
): string {
  if (!stringOfJson.test(token)) return token
  const text = textOf(token)
  const made = redactJsonText(text, isRedacted, replaced)
  if (made === text) return token
  const written = JSON.stringify(made)
  return isWhole(token) ? written : written.slice(0, -1)
}

/** How much deeper a token leads. */
function depthOf(token: string): number {
  if (token === '{' || token === '[') return 1
  return token === '}' || token === ']' ? -1 : 0
}

/** Whether the value at a place was replaced already. */
function isDone(text: string, at: number): boolean {
  return text.startsWith(` "${redactedMark}"`, at)
}

/** What a string says, but for an escape that is cut off; of one that is no JSON, as it is written. */
function textOf(token: string): string {
  const cuts = isWhole(token) ? [] : cutEnds
  for (const written of [token, ...cuts.map((n) => `${token.slice(0, token.length - n)}"`)]) {
    const text = parsedText(written)
    if (text !== undefined) return text
  }
  return token.replaceAll('"', '')
}

/** @returns undefined: it is no string of JSON */
function parsedText(token: string): string | undefined {
  try {
    return JSON.parse(token)
  } catch {
    return undefined
  }
}

/** How much of an escape may be left: `\\`, or `\\u` with up to three digits. */
const cutEnds = [0, 1, 2, 3, 4, 5]

function isWhole(token: string): boolean {
  return endOfString(token, 0) !== undefined
}
