/** The text of the first element `name` in a reply of S3. */
export function xmlText(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
  return found === undefined ? undefined : unescaped(found)
}

/** The inner XML of every element `name`; they must not be nested. */
export function xmlElements(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))].map((m) => m[1] ?? '')
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
}

function unescaped(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, ...[hex, decimal, name]) => {
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16))
    if (decimal) return String.fromCodePoint(Number(decimal))
    return entities[name] ?? whole
  })
}

/** `text`, escaped for an element of a request. */
export function xmlEscaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

/** Where the next page of a listing of uploads begins, as its query says it; undefined: there is none. */
export function nextUploads(xml: string): Record<string, string> | undefined {
  if (xmlText(xml, 'IsTruncated') !== 'true') return undefined
  const key = decoded(xmlText(xml, 'NextKeyMarker') ?? '')
  return { 'key-marker': key, 'upload-id-marker': xmlText(xml, 'NextUploadIdMarker') ?? '' }
}

/** Keys are listed with `encoding-type=url`, in which a plus is a blank. */
export function decoded(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '))
}
