import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import {
  servingWorld,
  untilEnded,
  untilNoProcessNames,
} from '../../support/serving/serving-world.ts'

const timeout = 60_000

test(
  'under constant load through 20 promotions and rollbacks no request fails, and each is answered by a version that is live',
  async () => {
    const { addVersion, promote, serve } = await servingWorld()
    for (let i = 0; i < 3; i++) await addVersion()
    await promote('1')
    const serving = await serve()
    await serving.untilLive('1')
    // Between the order to promote and the word that it is live, both may answer.
    let live = ['1']
    let isOver = false
    let [answers, failures] = [0, 0]
    const wrong: string[] = []
    const caller = async () => {
      while (!isOver) {
        const before = live
        const { status, header, json } = await serving.score()
        answers++
        if (status !== 200) failures++
        else if (header !== json.version) wrong.push(`${header} in place of ${json.version}`)
        else if (![...before, ...live].includes(json.version)) wrong.push(json.version)
      }
    }
    const callers = Array.from({ length: 4 }, caller)
    const times = new Map([['1', 1]])
    // There and back again, and now and then on to a third.
    const order = Array.from({ length: 20 }, (_, i) =>
      i % 4 === 3 ? '3' : i % 2 === 0 ? '2' : '1',
    )
    for (const version of order) {
      live = [...live, version]
      await promote(version)
      times.set(version, (times.get(version) ?? 0) + 1)
      await serving.untilLive(version, times.get(version))
      live = [version]
    }
    isOver = true
    await Promise.all(callers)
    expect({ failures, wrong }).toEqual({ failures: 0, wrong: [] })
    expect(answers).toBeGreaterThan(500)
    await serving.stop()
  },
  timeout,
)

test(
  'a version that does not come up, refuses its own example or is not what was sealed never answers; it is said why, and the next one is taken',
  async () => {
    const { addVersion, promote, serve, folder, untilReported } = await servingWorld()
    await addVersion()
    await addVersion({ dies: true })
    await addVersion({ refuses: true }, { 'serving_input_example.json': '{"inputs": [[1]]}' })
    await addVersion({ startMs: 20_000 })
    await addVersion({}, { 'serving_input_example.json': '{"inputs": [[1]]}' })
    await promote('1')
    const serving = await serve('--start-timeout', '3s')
    await serving.untilLive('1')
    for (const [version, why] of [
      ['2', 'it ended with 3: the weights are not those of this model'],
      ['3', `it answered the model's own input example with 400: {"error_code": "BAD_REQUEST"}`],
      ['4', 'it was not ready after 3 seconds'],
    ] as const) {
      await promote(version)
      const escaped = why.replace(/[{}]/g, '\\$&')
      await serving.until(`fraud ${version} \\(\\S+\\) did not come up: ${escaped}`)
      expect(await serving.score()).toMatchObject({ status: 200, json: { version: '1' } })
      const failed = { version, message: why }
      await untilReported({ version: '1', wanted_version: version, drifted: true, failed })
    }
    await promote('5')
    await serving.untilLive('5')
    await untilReported({ version: '5', drifted: false, failed: undefined })
    const { status, json } = await serving.score()
    expect({ status, json }).toMatchObject({
      status: 200,
      json: { version: '5', isSignedIn: false },
    })
    // What somebody changes in the folder is found before the next start, and mended.
    const live = await serving.score()
    for (const name of await readdir(folder)) {
      if (/^[0-9a-f]{64}$/.test(name))
        await writeFile(join(folder, name, 'behaviour.json'), '{"dies": true}')
    }
    process.kill(live.json.pid, 'SIGKILL')
    await serving.untilLive('5', 2)
    expect(await serving.score()).toMatchObject({ status: 200, json: { version: '5' } })
    await serving.stop()
    await untilReported(undefined)
  },
  timeout,
)

test(
  'what is in flight ends on the version that it came to, and the version before waits to take over at once',
  async () => {
    const { addVersion, promote, serve } = await servingWorld()
    await addVersion({ startMs: 1500 })
    await addVersion()
    await promote('1')
    const serving = await serve()
    await serving.untilLive('1')
    const { json: first } = await serving.score()
    const slow = serving.score('wait=2500')
    await wait(100)
    await promote('2')
    await serving.untilLive('2')
    expect((await serving.score()).json.version).toBe('2')
    expect(await slow).toMatchObject({ status: 200, header: '1', json: { pid: first.pid } })
    const begun = performance.now()
    await promote('1')
    while ((await serving.score()).json.version !== '1') await wait(10)
    const ms = performance.now() - begun
    expect((await serving.score()).json.pid).toBe(first.pid)
    // It takes longer than that to start.
    expect(ms).toBeLessThan(1500)
    await serving.stop()
    await untilEnded(first.pid)
  },
  timeout,
)

test(
  'without standby the old scorer ends once it has answered what it had',
  async () => {
    const { addVersion, promote, serve } = await servingWorld()
    await addVersion()
    await addVersion()
    await promote('1')
    const serving = await serve('--standby-minutes', '0')
    await serving.untilLive('1')
    const { pid } = (await serving.score()).json
    const slow = serving.score('wait=2000')
    await wait(100)
    await promote('2')
    await serving.untilLive('2')
    expect(await slow).toMatchObject({ status: 200, json: { pid } })
    await untilEnded(pid)
    expect(await serving.score()).toMatchObject({ status: 200, json: { version: '2' } })
    await serving.stop()
  },
  timeout,
)

test(
  'a scorer that hangs is started again; one that is silent over a long prediction, even of a caller who has left, is not',
  async () => {
    const { addVersion, promote, serve, untilReported } = await servingWorld()
    await addVersion()
    await promote('1')
    const serving = await serve('--ping-seconds', '0.1', '--timeout', '2')
    await serving.untilLive('1')
    const { pid } = (await serving.score()).json
    expect(await serving.score('block=1200')).toMatchObject({ status: 200, json: { pid } })
    const left = serving.score('block=1200', { signal: AbortSignal.timeout(100) })
    await expect(left).rejects.toThrow()
    expect(await serving.score()).toMatchObject({ status: 200, json: { pid } })
    expect(serving.out()).not.toContain('died')

    process.kill(pid, 'SIGSTOP')
    await serving.until('died: it hung: \\d+ pings in a row were not answered')
    await serving.untilLive('1', 2)
    const next = (await serving.score()).json.pid
    expect(next).not.toBe(pid)
    // With a request in it: its caller is told, and it may be silent for as long as one prediction.
    process.kill(next, 'SIGSTOP')
    const { status } = await serving.score()
    expect([502, 504]).toContain(status)
    await serving.untilLive('1', 3)
    expect(await serving.score()).toMatchObject({ status: 200, json: { version: '1' } })
    await untilReported({ version: '1', drifted: false })
    await untilEnded(pid)
    await serving.stop()
  },
  timeout,
)

test(
  'a scorer, the process above it and the server may each be killed, and what was missed is caught up with',
  async () => {
    const world = await servingWorld()
    const { addVersion, promote, serve } = world
    await addVersion()
    await addVersion()
    await promote('1')
    let serving = await serve()
    await serving.untilLive('1')
    const { pid } = (await serving.score()).json
    process.kill(pid, 'SIGKILL')
    await serving.untilLive('1', 2)
    const { json: second } = await serving.score()
    expect(second.pid).not.toBe(pid)

    await world.stopServer()
    // Killed while the server is away, it starts from what it has.
    await serving.stop('SIGKILL')
    await untilEnded(second.pid)
    serving = await serve()
    await serving.untilLive('1')
    expect(await serving.score()).toMatchObject({ status: 200, json: { version: '1' } })
    await world.restartServer()
    await promote('2')
    await serving.untilLive('2')
    expect(await serving.score()).toMatchObject({ status: 200, json: { version: '2' } })
    const { json: last } = await serving.score()
    const { code } = await serving.stop()
    expect(code).toBe(0)
    await untilEnded(last.pid)
    await untilNoProcessNames(world.folder)
  },
  timeout,
)
