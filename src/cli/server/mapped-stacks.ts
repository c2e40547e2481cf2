import { existsSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { fileURLToPath } from 'node:url'

/**
 * Let stacks of errors name the sources that the bundle was made of. The map is read with the first stack that
 * goes through the bundle, which Node's own errors of streams do not: `--enable-source-maps` reads it at the
 * start, which takes 33 MB and a tenth of a second from every server.
 *
 * @param bundle URL of the file that runs; without a map beside it nothing changes
 */
export function mapStacks(bundle: string): void {
  const file = `${fileURLToPath(bundle)}.map`
  if (!existsSync(file)) return
  let read: { readonly map: SourceMap | undefined } | undefined
  const mapOf = () => {
    read ??= { map: readMap(file) }
    return read.map
  }
  Error.prepareStackTrace = (err, sites) => {
    const lines = sites.map((site) => `\n    at ${mappedSite(site, bundle, mapOf)}`)
    return `${describeError(err)}${lines.join('')}`
  }
}

/** @returns undefined: an upgrade took it away, and the stack of another error must not fail for want of it */
function readMap(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return undefined
  }
}

function mappedSite(
  site: NodeJS.CallSite,
  bundle: string,
  mapOf: () => SourceMap | undefined,
): string {
  const text = String(site)
  const [line, column] = [site.getLineNumber(), site.getColumnNumber()]
  if (site.getFileName() !== bundle || line === null || column === null) return text
  const entry = mapOf()?.findEntry(line - 1, column - 1)
  if (!entry || !('originalSource' in entry)) return text
  const { originalSource, originalLine, originalColumn } = entry
  const place = `${originalSource}:${originalLine + 1}:${originalColumn + 1}`
  return text.replace(`${bundle}:${line}:${column}`, () => place)
}

/** As V8 begins a stack; a text of the error that cannot be made is none. */
function describeError(err: Error): string {
  try {
    return String(err)
  } catch {
    return '<error>'
  }
}
