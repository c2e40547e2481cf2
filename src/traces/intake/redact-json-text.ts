/** What stands in the place of a value. */
export const redactedMark = '[redacted]'

/** A string, also one that is cut off; a mark; or all that lies between. */
const tokens = /"(?:[^"\\]|\\.)*"?|[{}[\]:,]|[^"{}[\]:,]+/gs

/**
 * A text of JSON, whole or cut off at its end as previews are, with the values replaced that lie under some
 * keys. A text that does not begin as an object or a list stays as it is.
 */
export function redactJsonText(
  text: string,
  isRedacted: (key: string) => boolean,
  replaced: () => void,
): string {
  if (!/^\s*[{[]/.test(text)) return text
  const made: string[] = []
  let key = ''
  let isChanged = false
  // How deep in a value that is left out; undefined: in none.
  let depth: number | undefined
  for (const { 0: token, index } of text.matchAll(tokens)) {
    if (depth !== undefined && !(depth === 0 && ',}]'.includes(token))) {
      depth += depthOf(token)
      continue
    }
    depth = undefined
    made.push(token)
    if (token.startsWith('"')) key = token
    if (token !== ':' || !isRedacted(keyIn(key)) || isDone(text, index + 1)) continue
    isChanged = true
    replaced()
    made.push(` "${redactedMark}"`)
    depth = 0
  }
  return isChanged ? made.join('') : text
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

function keyIn(token: string): string {
  try {
    return String(JSON.parse(token))
  } catch {
    return token.replaceAll('"', '')
  }
}
