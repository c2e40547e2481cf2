import { execFile, spawn } from 'node:child_process'
import { cp, glob, mkdir, mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { expect, test } from 'vitest'

/**
 * The steps of the Dockerfile without Docker: each stage is a folder in which its COPY and RUN lines
 * are done, with the Node of this process in place of the image's. What it cannot show is the image's
 * own Debian and its accounts.
 */
const root = new URL('../..', import.meta.url).pathname

type Stage = {
  readonly folder: string
  workdir: string
  env: Record<string, string>
  entrypoint: string[]
  command: string[]
  health: string[]
}

const path = [dirname(process.execPath), process.env.PATH].join(delimiter)

/** npm tells the programs that it runs of itself; one in a clean folder was run by nobody. */
const own = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))
const clean = { ...Object.fromEntries(own), PATH: path }

test('what the Dockerfile builds in a clean folder serves, and says that it is healthy', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-image-'))
  const image = await build(await readFile(join(root, 'Dockerfile'), 'utf8'), folder)
  const inside = (args: readonly string[]) => args.map((arg) => rooted(image, arg))
  const env = { ...clean, ...image.env, GATEHOUSE_PORT: '5917', GATEHOUSE_HOST: '127.0.0.1' }
  const [program = '', ...args] = inside([...image.entrypoint, ...image.command])
  const server = spawn(program, args, {
    env,
    cwd: image.folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    await new Promise<void>((done, failed) => {
      server.once('exit', (code) => failed(new Error(`the server ended with ${code}`)))
      server.stdout.on('data', (chunk) => String(chunk).includes('listening on') && done())
    })
    const [probe = '', ...probeArgs] = image.health
    await run(probe, probeArgs, { env })
    await expect(run(probe, probeArgs, { env: { ...env, GATEHOUSE_PORT: '1' } })).rejects.toThrow()
  } finally {
    server.removeAllListeners('exit')
    server.kill()
  }
}, 300_000)

async function build(dockerfile: string, folder: string): Promise<Stage> {
  const stages = new Map<string, Stage>()
  let stage = emptyStage(folder, 'none')
  const lines = dockerfile
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, ' ')
    .split('\n')
  for (const line of lines.filter((text) => text.trim() !== '')) {
    const [, instruction = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? []
    if (instruction === 'FROM') {
      const name = /AS (\w+)/.exec(rest)?.[1] ?? 'last'
      stage = emptyStage(folder, name)
      stages.set(name, stage)
    } else {
      await step(instruction, rest, stage, stages)
    }
  }
  return stage
}

function emptyStage(folder: string, name: string): Stage {
  const none = { env: {}, entrypoint: [], command: [], health: [] }
  return { folder: join(folder, name), workdir: '/', ...none }
}

const steps: Record<string, (rest: string, stage: Stage, stages: Map<string, Stage>) => unknown> = {
  WORKDIR: (rest, stage) => {
    stage.workdir = rest
    return mkdir(rooted(stage, rest), { recursive: true })
  },
  COPY: copy,
  RUN: (rest, stage) =>
    run('sh', ['-ec', commands(rest, stage)], { cwd: rooted(stage, stage.workdir) }),
  ENV: (rest, stage) => {
    for (const [, name = '', value = ''] of rest.matchAll(/(\w+)=(\S+)/g)) {
      stage.env[name] = rooted(stage, value)
    }
  },
  HEALTHCHECK: (rest, stage) => {
    stage.health = JSON.parse(rest.slice(rest.indexOf('[')))
  },
  ENTRYPOINT: (rest, stage) => {
    stage.entrypoint = JSON.parse(rest)
  },
  CMD: (rest, stage) => {
    stage.command = JSON.parse(rest)
  },
  USER: () => {},
  VOLUME: () => {},
  EXPOSE: () => {},
}

function step(instruction: string, rest: string, stage: Stage, stages: Map<string, Stage>) {
  const act = steps[instruction]
  if (!act) throw new Error(`no such step: ${instruction} ${rest}`)
  return act(rest, stage, stages)
}

/** Folders at the root of the image lie below the stage's; there is no account to give them to. */
function rooted(stage: Stage, text: string): string {
  return text.replace(/^\/(?=app|data)/, `${stage.folder}/`)
}

function commands(rest: string, stage: Stage): string {
  return rest.replace(/ \/(?=data)/g, ` ${stage.folder}/`).replace(/chown \S+/g, 'ls -d')
}

async function copy(rest: string, stage: Stage, stages: Map<string, Stage>): Promise<void> {
  const from = /^--from=(\w+) /.exec(rest)?.[1]
  const names = rest.replace(/^--from=\w+ /, '').split(' ')
  const target = join(rooted(stage, stage.workdir), names.pop() ?? '')
  const source = from === undefined ? undefined : stages.get(from)
  for (const name of names) {
    const pattern = source ? rooted(source, name) : join(root, name)
    for await (const file of glob(pattern)) {
      const isInto = target.endsWith('/') || names.length > 1
      const to = isInto ? join(target, basename(file)) : target
      await cp(file, to, { recursive: true, verbatimSymlinks: true })
    }
  }
}

function run(
  program: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv },
): Promise<string> {
  const env = { ...clean, npm_config_prefer_offline: 'true' }
  return new Promise((done, failed) => {
    execFile(program, args, { env, maxBuffer: 10_000_000, ...options }, (err, stdout, stderr) => {
      if (err) failed(new Error(`${err.message}\n${stdout}${stderr}`))
      else done(stdout)
    })
  })
}
