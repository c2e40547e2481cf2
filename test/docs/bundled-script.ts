import { build } from 'esbuild'

/** What pages load: the name of each text, and what it is bundled from. */
const entries = [
  ['script', 'page.ts'],
  ['parquetScript', 'parquet/parquet-preview.ts'],
  ['parquetWorker', 'parquet/worker.ts'],
] as const

/** The module that holds the scripts of pages as texts, so that no way to start the server has to bundle them. */
export async function bundledScripts(root: string): Promise<string> {
  const texts = await Promise.all(entries.map(([, path]) => bundled(root, path)))
  const lines = entries.map(([name], i) => `export const ${name} = ${JSON.stringify(texts[i])}\n`)
  return `/** Bundled from src/ui/islands by \`npm run docs\`. */\n${lines.join('')}`
}

async function bundled(root: string, path: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [`src/ui/islands/${path}`],
    bundle: true,
    format: 'iife',
    minify: true,
    target: 'es2022',
    write: false,
    logLevel: 'warning',
  })
  return outputFiles[0]?.text ?? ''
}
