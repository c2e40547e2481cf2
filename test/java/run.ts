/** Runs the Java client against a server of its own; says what is missing where there is no JDK. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { endAll, run } from '../runner/processes.ts'
import { startNodeServer } from '../runner/servers.ts'

const project = new URL('.', import.meta.url).pathname
const required = [
  { command: 'javac', args: ['-version'], from: 'a JDK 17 or newer (Debian: openjdk-17-jdk)' },
  { command: 'mvn', args: ['--version'], from: 'Maven (Debian: maven)' },
]

async function main(): Promise<number> {
  for (const { command, args, from } of required) {
    if ((await run(command, args)).code !== 0) {
      console.log(`skipped: no ${command} here; it comes with ${from}`)
      console.log('0 passed, 0 failed, 1 skipped')
      return 0
    }
  }
  const given = process.env.GATEHOUSE_TEST_URL
  const server = given ? undefined : await startNodeServer()
  try {
    const buildFolder = await mkdtemp(join(tmpdir(), 'gatehouse-java-'))
    const { code, output } = await run('mvn', [
      ...['-q', '-B', '-f', join(project, 'pom.xml'), `-DbuildFolder=${buildFolder}`],
      ...['compile', 'exec:java', `-Dexec.args=${given ?? server?.url}`],
    ])
    const passed = code === 0 && output.includes('java smoke done')
    if (!passed) console.log(`${output}\n${server?.output().slice(-4000)}`)
    console.log(passed ? '1 passed, 0 failed, 0 skipped' : '0 passed, 1 failed, 0 skipped')
    return passed ? 0 : 1
  } finally {
    await server?.stop()
    endAll()
  }
}

process.exitCode = await main()
