/**
 * `value` as Python's `json.dumps` writes it: blanks behind commas and colons, and ASCII alone.
 * Programs compare the tags that MLflow writes so as text.
 *
 * @param value as from `JSON.parse`, and not nested so deep that recursion fails
 */
export function pythonJsonOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJsonOf).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(
      ([key, item]) => `${asciiOf(key)}: ${pythonJsonOf(item)}`,
    )
    return `{${fields.join(', ')}}`
  }
  return typeof value === 'string' ? asciiOf(value) : JSON.stringify(value)
}

function asciiOf(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
