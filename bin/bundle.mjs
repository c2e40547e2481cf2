/**
 * Bundles src/cli/main.ts into dist/gatehouse.js and src/cli/server-main.ts into dist/server.js, packages included:
 * resolving their hundreds of files takes four times the processor time of all else at start, and three times the
 * memory. Only the native one stays in node_modules.
 */
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/** How the names of files begin that a bundle imports when it needs them. */
export const partPrefix = 'part-'

/** @type {import('esbuild').BuildOptions} */
export const common = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  jsx: 'automatic',
  jsxImportSource: 'hono/jsx',
  sourcesContent: false,
  logLevel: 'warning',
  plugins: [withoutLocales()],
}

/**
 * zod brings its messages in forty languages, 300 kB, of which English is imported by itself.
 *
 * @returns {import('esbuild').Plugin}
 */
function withoutLocales() {
  return {
    name: 'without locales',
    setup(bundling) {
      bundling.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
        contents: "export { default as en } from './en.js'",
      }))
    },
  }
}

export async function bundleServer() {
  await mkdir(`${root}dist`, { recursive: true })
  await build({
    ...common,
    entryPoints: ['src/platform/node/reader/thread.ts'],
    outfile: `${root}dist/reader-thread.js`,
    external: ['libsql'],
    platform: 'node',
    target: 'node24',
  })
  await bundleProgram('src/cli/server-main.ts', 'server')
  // Last: bin/gatehouse goes by its time.
  await bundleProgram('src/cli/main.ts', 'gatehouse')
}

/**
 * What is imported when it is first needed lies in files of its own beside the bundle, so that a server which never
 * needs it neither reads nor keeps it.
 *
 * @param {string} entry
 * @param {string} name of the bundle in dist/
 */
async function bundleProgram(entry, name) {
  const { outputFiles } = await build({
    ...common,
    entryPoints: [{ in: entry, out: name }],
    outdir: `${root}dist`,
    write: false,
    splitting: true,
    chunkNames: `${partPrefix}[name]-[hash]`,
    external: ['libsql'],
    platform: 'node',
    // Packages in CommonJS call `require`, which an ES module lacks.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    target: 'node24',
    // Comments and indentation are a quarter of the text, which stays in memory as long as the process runs.
    minifyWhitespace: true,
    lineLimit: 200,
    // Beside the bundle: within it, each start would read it all.
    sourcemap: 'external',
  })
  const bundle = `${root}dist/${name}.js`
  const textOf = (path) => outputFiles.find((file) => file.path === path)?.text ?? ''
  const parts = outputFiles.filter(({ path }) => path !== bundle && path.endsWith('.js'))
  // The bundle last, for a second process that starts meanwhile. Parts of earlier bundles stay for the servers that run.
  for (const { path, text } of parts) await replace(path, inAscii(text))
  await replace(`${bundle}.map`, textOf(`${bundle}.map`))
  await replace(bundle, `${inAscii(textOf(bundle))}//# sourceMappingURL=${name}.js.map\n`)
}

/**
 * A rename, so that nobody reads half a file.
 *
 * @param {string} path
 * @param {string} text
 */
async function replace(path, text) {
  const temporary = `${path}.${process.pid}`
  await writeFile(temporary, text)
  await rename(temporary, path)
}

/**
 * One character beyond Latin-1, and V8 keeps the whole text in two bytes a character. What esbuild leaves of them
 * stands in regular expressions, which the same escapes serve; the map is a few columns off behind them, to the
 * end of a line.
 *
 * @param {string} text
 */
function inAscii(text) {
  return text.replace(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleServer()
