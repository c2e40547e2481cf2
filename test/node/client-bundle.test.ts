import { build } from 'esbuild'
import { expect, test } from 'vitest'

test('the typed client holds no code of the server and runs in a browser', async () => {
  const { metafile } = await build({
    entryPoints: ['src/client/index.ts'],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
  })
  const inputs = Object.keys(metafile.inputs)
  expect(inputs).toContain('src/client/client.ts')
  const libraries = inputs.flatMap((path) => path.match(/^.*node_modules\/([^/]+)/)?.[1] ?? [])
  expect([...new Set(libraries)]).toEqual(['zod'])
  const server = inputs.filter((path) => /^src\/(db|http|platform|mlflow|cli)\//.test(path))
  expect(server).toEqual([])
})
