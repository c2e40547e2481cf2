/**
 * Bundles src/cli/main.ts into dist/gatehouse.js and src/cli/server-main.ts into dist/server.js, packages included:
 * resolving their hundreds of files takes four times the processor time of all else at start, and three times the
 * memory. Only the native one stays in node_modules.
 */
import { readFile, rename, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/** @type {import('esbuild').BuildOptions} */
export const common = {
  absWorkingDir: root,
  bundle: true,
  format: 'esm',
  jsx: 'automatic',
  jsxImportSource: 'hono/jsx',
  sourcesContent: false,
  logLevel: 'warning',
}

export async function bundleServer() {
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
 * @param {string} entry
 * @param {string} name of the bundle in dist/
 */
async function bundleProgram(entry, name) {
  const bundle = `${root}dist/${name}`
  const temporary = `${bundle}.${process.pid}.js`
  await build({
    ...common,
    entryPoints: [entry],
    outfile: temporary,
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
    footer: { js: `//# sourceMappingURL=${name}.js.map` },
  })
  await writeFile(temporary, inAscii(await readFile(temporary, 'utf8')))
  await rename(`${temporary}.map`, `${bundle}.js.map`)
  // A rename, so that a second process that starts meanwhile never runs half a bundle.
  await rename(temporary, `${bundle}.js`)
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
