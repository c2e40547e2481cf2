import { readdir, readFile } from 'node:fs/promises'

/** A file by its path from the root, such as `src/core/error.ts`, with its text. */
export type Sources = ReadonlyMap<string, string>

export type Import = {
  readonly from: string
  readonly line: number
  /** Path of a file of ours, or what names a package: `hono/cors`. */
  readonly to: string
  readonly isOurs: boolean
}

/** The TypeScript files that `places` names, or that lie below them. */
export async function readSources(root: string, places: readonly string[]): Promise<Sources> {
  const files = new Map<string, string>()
  for (const place of places) {
    const names = place.endsWith('.ts')
      ? [place]
      : (await readdir(`${root}${place}`, { recursive: true })).map((name) => `${place}/${name}`)
    for (const name of names.sort()) {
      if (!/\.tsx?$/.test(name) || name.endsWith('.d.ts')) continue
      files.set(name, await readFile(`${root}${name}`, 'utf8'))
    }
  }
  return files
}

const forms = [
  /^(?:import|export)\s[^'"`]*?\bfrom '([^'\n]+)'/gm,
  /^import '([^'\n]+)'/gm,
  /\bimport\('([^'\n]+)'\)/g,
]

/** What each file imports, types too; a re-export is an import. */
export function importsOf(files: Sources): Import[] {
  return [...files].flatMap(([from, text]) =>
    forms.flatMap((form) =>
      [...text.matchAll(form)].map((found) => {
        const [whole, specifier = ''] = found
        const line = text.slice(0, found.index + whole.length).split('\n').length
        return { from, line, ...target(from, specifier) }
      }),
    ),
  )
}

function target(from: string, specifier: string): { to: string; isOurs: boolean } {
  if (!specifier.startsWith('.')) return { to: specifier, isOurs: false }
  return { to: new URL(specifier, `file:///${from}`).pathname.slice(1), isOurs: true }
}
