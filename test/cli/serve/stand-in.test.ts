import { readdir, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { startCommand, temporaryFolder } from '../../support/gatehouse-process.ts'
import { servingWorld } from '../../support/serving/serving-world.ts'

type Container = { name: string; args?: string[] }

/** The arguments of the sidecar in the example for KServe. */
async function sidecarArguments(): Promise<string[]> {
  const text = await readFile('examples/serving/README.md', 'utf8')
  const [, yaml = ''] = /```yaml\n(apiVersion: serving\.kserve.*?)```/s.exec(text) ?? []
  const { spec }: { spec: { predictor: { containers: Container[] } } } = parse(yaml)
  const sidecar = spec.predictor.containers.find(({ name }) => name === 'gatehouse')
  return sidecar?.args ?? []
}

/** The command in the example for Triton. */
async function tritonCommand(): Promise<string> {
  const text = await readFile('examples/serving/README.md', 'utf8')
  const [, command = ''] = /### Triton.*?--exec '\n(.*?)'\n```/s.exec(text) ?? []
  return command
}

/** Loads a model when it is told to, from where `locate` says that it lies. */
async function modelServer(locate: () => Promise<string>) {
  const loaded: string[] = []
  const server = createServer(async (req, res) => {
    const isLoad = `${req.method} ${req.url}` === 'POST /v2/repository/models/fraud/load'
    if (isLoad) loaded.push(JSON.parse(await readFile(await locate(), 'utf8')).is)
    res.writeHead(isLoad ? 200 : 404).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    loaded,
    url: `http://127.0.0.1:${port}`,
    close: () => server.close(),
    untilLoaded: async (count: number) => {
      for (let i = 0; i < 400 && loaded.length < count; i++) await wait(25)
    },
  }
}

test('the sidecar of the example for KServe has each version loaded from the folder that both see', async () => {
  const { addVersion, promote, server } = await servingWorld()
  const folder = await temporaryFolder()
  // As MLServer does.
  const { loaded, url, close, untilLoaded } = await modelServer(async () =>
    join(folder, 'current/behaviour.json'),
  )
  await addVersion({ is: 'the first' })
  await addVersion({ is: 'the second' })
  await promote('1')
  const args = (await sidecarArguments()).map((arg) =>
    arg
      .replace(/^(--pull|--link)=\/models\//, `$1=${folder}/`)
      .replace('https://registry.example.com', server.url)
      .replace('http://localhost:8080', url),
  )
  const watch = startCommand(args)
  await untilLoaded(1)
  await promote('2')
  await untilLoaded(2)
  expect(loaded).toEqual(['the first', 'the second'])
  await watch.stop()
  close()
}, 60_000)

test('the command of the example for Triton has each version loaded, also where a rollback goes to a lower number', async () => {
  const { addVersion, promote, server } = await servingWorld()
  const folder = await temporaryFolder()
  // As Triton does: the version of the highest number.
  const { loaded, url, close, untilLoaded } = await modelServer(async () => {
    const versions = await readdir(join(folder, 'repository/fraud'))
    return join(folder, `repository/fraud/${Math.max(...versions.map(Number))}/model.onnx`)
  })
  for (const is of ['the first', 'the second']) {
    await addVersion({}, { 'model.onnx': JSON.stringify({ is }) })
  }
  await promote('1')
  const command = (await tritonCommand()).replace('localhost:8000', url)
  const watch = startCommand([
    ...['watch', 'models:/fraud/Production', '--server', server.url],
    ...['--pull', join(folder, 'versions'), '--exec', `cd ${folder} && ${command.trim()}`],
  ])
  await untilLoaded(1)
  await promote('2')
  await untilLoaded(2)
  await promote('1')
  await untilLoaded(3)
  expect(loaded).toEqual(['the first', 'the second', 'the first'])
  await watch.stop()
  close()
}, 60_000)
