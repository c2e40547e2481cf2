#!/usr/bin/env node
/**
 * The command that the package installs. In a clone it hands over to bin/gatehouse, which bundles the
 * sources first; so `npx gatehouse` is the same in both.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

if (existsSync(new URL('../src', import.meta.url))) {
  const command = fileURLToPath(new URL('gatehouse', import.meta.url))
  const child = spawn(command, process.argv.slice(2), { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.once('error', (err) => {
    console.error(`gatehouse: cannot run ${command}: ${err.message}`)
    process.exit(1)
  })
  child.once('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]))
} else if (Number(process.versions.node.split('.')[0]) < 24) {
  console.error(`gatehouse: needs Node.js 24; this is ${process.versions.node}`)
  process.exit(1)
} else {
  // What Node compiled of the bundle, for the next start: beside it, where nobody else can put anything.
  enableCompileCache(fileURLToPath(new URL('../dist/compiled', import.meta.url)))
  const name = process.argv[2] === 'server' ? 'server' : 'gatehouse'
  await import(`../dist/${name}.js`)
}
