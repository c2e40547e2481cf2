/**
 * Bundles src/cli/main.ts into dist/gatehouse.js, packages included: resolving their hundreds of files
 * takes four times the processor time of all else at start, and three times the memory. Only the
 * native one stays in node_modules.
 */
import { rename } from 'node:fs/promises'
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
  const temporary = `${root}dist/gatehouse.${process.pid}.js`
  await build({
    ...common,
    entryPoints: ['src/cli/main.ts'],
    outfile: temporary,
    external: ['libsql'],
    platform: 'node',
    // Packages in CommonJS call `require`, which an ES module lacks.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    target: 'node24',
    // Beside the bundle: within it, each start would read it all.
    sourcemap: 'external',
    footer: { js: '//# sourceMappingURL=gatehouse.js.map' },
  })
  await rename(`${temporary}.map`, `${root}dist/gatehouse.js.map`)
  // A rename, so that a second process that starts meanwhile never runs half a bundle.
  await rename(temporary, `${root}dist/gatehouse.js`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleServer()
