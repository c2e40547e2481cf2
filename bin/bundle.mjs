/** Bundles src/cli/main.ts into dist/gatehouse.js. Packages stay in node_modules: two of them are native. */
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
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node24',
  jsx: 'automatic',
  jsxImportSource: 'hono/jsx',
  sourcemap: 'inline',
  sourcesContent: false,
  logLevel: 'warning',
})
// A rename, so that a second process that starts meanwhile never runs half a bundle.
await rename(temporary, `${root}dist/gatehouse.js`)
