import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RequestMetrics } from '../../../src/platform/node/observed/metrics.ts'
import { servingWorld } from '../../support/serving/serving-world.ts'

const megabytes = 1024 * 1024

describe('between callers and a scorer', () => {
  let serving: Awaited<ReturnType<Awaited<ReturnType<typeof servingWorld>>['serve']>>

  beforeAll(async () => {
    const { addVersion, promote, serve } = await servingWorld()
    await addVersion()
    await promote('1')
    serving = await serve('--timeout', '3', '--metrics')
    await serving.untilLive('1')
  }, 60_000)

  afterAll(() => serving.stop())

  test('a body of 50 MB reaches the scorer, in pieces and as a whole', async () => {
    const size = 50 * megabytes
    const whole = await serving.score('', { body: new Uint8Array(size) })
    expect(whole).toMatchObject({ status: 200, json: { bytes: size } })
    let left = 50
    const pieces = new ReadableStream({
      pull: (controller) => {
        controller.enqueue(new Uint8Array(megabytes))
        if (--left === 0) controller.close()
      },
    })
    const streamed = await serving.score('', { body: pieces, duplex: 'half' } as RequestInit)
    expect(streamed).toMatchObject({ status: 200, json: { bytes: size } })
  })

  test.each(['GET /ping', 'GET /version', 'GET /health?x=1'])('%s is passed on', async (line) => {
    const [method = '', path = ''] = line.split(' ')
    const res = await fetch(serving.url + path, { method })
    expect([res.status, res.headers.get('x-gatehouse-model-version')]).toEqual([200, '1'])
  })

  test.each([
    ['what is no HTTP', 'garbage'],
    ['another protocol', 'switch'],
  ])('%s is 502, and the next request is answered', async (_, how) => {
    const res = await fetch(`${serving.url}/invocations?how=${how}`, { method: 'POST' })
    expect([res.status, await res.json()]).toEqual([
      502,
      {
        error_code: 'INTERNAL_ERROR',
        message: expect.stringContaining('of version 1 did not answer'),
      },
    ])
    expect(await serving.score()).toMatchObject({ status: 200 })
  })

  test('an answer that breaks off breaks off', async () => {
    const res = await fetch(`${serving.url}/invocations?how=half`, { method: 'POST' })
    expect(res.status).toBe(200)
    await expect(res.text()).rejects.toThrow()
  })

  test('a scorer that says nothing is 504 after its time', async () => {
    const res = await fetch(`${serving.url}/invocations?how=hang`, { method: 'POST' })
    expect([res.status, await res.json()]).toEqual([
      504,
      { error_code: 'INTERNAL_ERROR', message: expect.stringContaining('said nothing for 3 s') },
    ])
  })

  test('slow readers and half-open callers keep nobody else waiting', async () => {
    const heard: string[] = []
    const sockets = [
      ...Array.from(
        { length: 10 },
        () =>
          `POST /invocations?big=${8 * megabytes} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`,
      ),
      ...Array.from(
        { length: 10 },
        () => 'POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{',
      ),
    ].map((text) => {
      const socket = connect(Number(new URL(serving.url).port), '127.0.0.1')
      socket.on('error', () => {})
      socket.on('close', () => heard.push('closed'))
      socket.write(text)
      return socket.pause()
    })
    await wait(300)
    const answers = await Promise.all(Array.from({ length: 10 }, () => serving.score()))
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200))
    // Who is answered did not wait until those were given up.
    expect(heard).toEqual([])
    for (const socket of sockets) socket.destroy()
  })

  test('a request inside the body of another stays there', async () => {
    const inner = 'POST /invocations?how=die HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n'
    const socket = connect(Number(new URL(serving.url).port), '127.0.0.1')
    const length = inner.length.toString(16)
    socket.write(
      `GET /ping HTTP/1.1\r\nHost: x\r\nConnection: Content-Length\r\nTransfer-Encoding: chunked\r\n\r\n${length}\r\n${inner}\r\n0\r\n\r\n`,
    )
    const [first] = await new Promise<Buffer[]>((done) =>
      socket.once('data', (data) => done([data])),
    )
    expect(String(first)).toMatch(/^HTTP\/1.1 200 /)
    await wait(300)
    socket.destroy()
    expect(serving.out()).not.toContain('died')
    expect(await serving.score()).toMatchObject({ status: 200 })
  })

  test('a request that ends the scorer is 502, and those that follow are answered again', async () => {
    const res = await fetch(`${serving.url}/invocations?how=die`, { method: 'POST' })
    expect(res.status).toBe(502)
    await serving.until('died: it ended with 9')
    expect(await serving.score()).toMatchObject({ status: 503 })
    await serving.untilLive('1', 2)
    expect(await serving.score()).toMatchObject({ status: 200 })
  })

  test('all of that is told to Prometheus, under the names that the dashboard asks for', async () => {
    const res = await fetch(`${serving.url}/metrics`)
    expect(res.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    const text = await res.text()
    const of = 'variant="models:/fraud/Production"'
    for (const line of [
      `gatehouse_serving_live{${of},model="fraud",version="1"} 1`,
      `gatehouse_serving_events_total{${of},event="live"} 2`,
      `gatehouse_serving_events_total{${of},event="died"} 1`,
    ]) {
      expect(text).toContain(line)
    }
    const counted = new RegExp(`requests_total\\{${of},version="1",status="(\\w+)"\\} (\\d+)`, 'g')
    const statuses = new Map(
      [...text.matchAll(counted)].map(([, status, n]) => [status, Number(n)]),
    )
    expect([...statuses.keys()].sort()).toEqual(['200', 'none'])
    expect(statuses.get('none')).toBeGreaterThanOrEqual(4)
    expect(text).toMatch(/gatehouse_serving_unserved_total [1-9]/)
    expect(text).toMatch(
      /request_duration_seconds_bucket\{le="0.1",variant="models:\/fraud\/Production"/,
    )

    const registry = new RequestMetrics()
    const dashboard = await readFile('examples/serving/grafana-dashboard.json', 'utf8')
    const told = text + (await registry.text())
    const asked = dashboard.match(/\b(gatehouse|process)_[a-z_]+(?=[{[ )]|")/g) ?? []
    expect(asked.length).toBeGreaterThan(8)
    const missing = asked.filter(
      (name) => !told.includes(`# TYPE ${name.replace(/_bucket$/, '')} `),
    )
    expect(missing).toEqual([])
  })
})
