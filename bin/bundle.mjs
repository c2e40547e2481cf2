/**
 * Bundles src/cli/main.ts into dist/gatehouse.js, packages included: resolving their hundreds of files
 * takes four times the processor time of all else at start, and three times the memory. Only the
 * native one stays in node_modules.
 */
import { rename } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
const temporary = `${root}dist/gatehouse.${process.pid}.js`
await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/main.ts'],
  outfile: temporary,
  bundle: true,
  external: ['libsql'],
  platform: 'node',
  format: 'esm',
  // Packages in CommonJS call `require`, which an ES module lacks.
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
  target: 'node24',
  jsx: 'automatic',
  jsxImportSource: 'hono/jsx',
  sourcemap: 'inline',
  sourcesContent: false,
  logLevel: 'warning',
})
// A rename, so that a second process that starts meanwhile never runs half a bundle.
await rename(temporary, `${root}dist/gatehouse.js`)
