import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { basic, client, serverAt } from '../support/client.ts'
import { startServer, temporaryFolder } from '../support/gatehouse-process.ts'

const root = new URL('../..', import.meta.url).pathname
const page = await readFile(`${root}docs/governance.md`, 'utf8')
const story = page.slice(page.indexOf('## The whole story'), page.indexOf('## Policies'))

/** What a shell prints for the lines of a session, errors too, as the page would show it. */
async function session(lines: readonly string[], before: readonly string[], cwd: string) {
  const script = [...before, 'exec 2>&1']
  for (const line of lines) {
    const ran = line.replaceAll('npx gatehouse', 'gatehouse')
    script.push(`printf '%s\\n' ${quoted(`$ ${line}`)}`, ran)
  }
  const { HOME = '', PATH = '' } = process.env
  const env = { HOME, PATH: `${root}bin:${PATH}` }
  return new Promise<string>((done) => {
    execFile('bash', ['-c', script.join('\n')], { cwd, env }, (_err, stdout) => done(stdout))
  })
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

test('the story of docs/governance.md goes as the page says, word by word', async () => {
  const cwd = await temporaryFolder()
  const [, settings = ''] = /```sh\n(.*?) npm start -- --auth\n```/.exec(story) ?? []
  const env = Object.fromEntries(settings.split(' ').map((pair) => pair.split('=')))
  const server = await startServer(join(cwd, 'data'), ['--auth'], env)
  const local = (text: string) => text.replaceAll('http://localhost:5000', server.url)
  const shown = (text: string) => text.replaceAll(server.url, 'http://localhost:5000')
  const ann = client(serverAt(server.url), { authorization: basic('ann', 'ann-of-the-story') })
  const asAnn = async (path: string, body: object) => (await ann.post(path, body)).json
  const version = async (experiment_id: string, accuracy: number) => {
    const { run } = await asAnn('runs/create', { experiment_id, start_time: 1 })
    const { run_id } = run.info
    const metric = { run_id, key: 'accuracy', value: accuracy, timestamp: 1, step: 0 }
    await asAnn('runs/log-metric', metric)
    const source = 's3://bucket/model'
    await asAnn('model-versions/create', { name: 'fraud-detector', source, run_id })
  }
  try {
    const before: string[] = []
    for (const [, language, body = ''] of story.matchAll(/```(\w+)\n([\s\S]*?)```/g)) {
      if (language === 'json') await writeFile(join(cwd, 'production.json'), body)
      if (language === 'python') {
        await asAnn('registered-models/create', { name: 'fraud-detector' })
        const { experiment_id } = await asAnn('experiments/create', { name: 'fraud' })
        for (const accuracy of [0.93, 0.8]) await version(experiment_id, accuracy)
        const move = { name: 'fraud-detector', version: '1', stage: 'Production' }
        const { error_code, message } = await asAnn('model-versions/transition-stage', move)
        const said = body.replaceAll('\n# ', ' ').trim()
        expect(said).toContain(`# 403 ${error_code}: ${shown(message)}`.slice(2))
      }
      if (language !== 'console') continue
      const lines = [...body.matchAll(/^\$ (.*)$/gm)].map(([, line = '']) => local(line))
      const printed = await session(lines, before, cwd)
      const times = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g
      expect(shown(printed).replace(times, 'TIME')).toBe(body.replace(times, 'TIME'))
      before.push(...lines.filter((line) => /^(export |as\(\))/.test(line)))
    }
  } finally {
    await server.stop()
  }
}, 120_000)
