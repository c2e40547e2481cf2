import { build } from 'esbuild'

/** The module that holds the script of pages as a text, so that no way to start the server has to bundle it. */
export async function bundledScript(root: string): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['src/ui/islands/page.ts'],
    bundle: true,
    format: 'iife',
    minify: true,
    target: 'es2022',
    write: false,
    logLevel: 'warning',
  })
  const text = outputFiles[0]?.text ?? ''
  return `/** Bundled from src/ui/islands by \`npm run docs\`. */\nexport const script = ${JSON.stringify(text)}\n`
}
