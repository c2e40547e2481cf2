import { bucketOf } from '../../src/router/latencies.ts'
import { makeRequestId } from '../../src/router/request-id.ts'
import { pagesOf } from './page.ts'
import { askedWorld } from './world.ts'

/** What a router counted of one variant: `ms` of most of its answers, and how many were errors. */
export function countsOf(
  name: string,
  version: number,
  { requests = 100, errors = 0, refused = 0, ms = 10, ...more } = {},
) {
  return {
    ...{ kind: 'variant', name, version, requests, errors, refused, ...more },
    latencies: { [bucketOf(ms)]: requests },
  }
}

/**
 * `fraud-ab` splits the requests between what is in Production, version 2, and in Staging, version 3, with a shadow
 * and a guard. Ann wrote it and runs what routes; rita reads.
 */
export async function deploymentsWorld(...overrides: Parameters<typeof askedWorld>) {
  const made = await askedWorld(...overrides)
  const { ann, call, clock, name: model, mlflow } = made
  await mlflow(ann, 'POST', 'registered-models/alias', { name: model, alias: 'next', version: '1' })
  const api = '/api/v1/deployments/fraud-ab'
  const split = {
    model,
    variants: [
      { name: 'champion', uri: `models:/${model}/Production`, weight: 90 },
      { name: 'challenger', uri: `models:/${model}/Staging`, weight: 10 },
    ],
    shadows: [{ name: 'next', uri: `models:/${model}@next` }],
    sticky: { header: 'X-User-Id' },
    guard: { max_error_rate: 0.05, max_p95_ms: 500, min_requests: 50 },
  }
  const write = async (more: object = {}) => {
    const res = await call(ann, 'PUT', api, { ...split, ...more })
    if (res.status !== 200) throw new Error(res.text)
    return res.json
  }
  const { id } = await write()
  let reports = 0
  const report = async (...items: object[]) => {
    const sequence = ++reports
    const body = { deployment: id, reporter: 'r1', sequence, items }
    const res = await call(ann, 'POST', `${api}/counts`, body)
    if (res.status !== 200) throw new Error(res.text)
  }
  /** The process that follows a stage says what it runs. */
  const replica = async (of: string, version: number, more: object = {}) => {
    const uri = `models:/${model}/${version}`
    const { digest } = (await call(ann, 'GET', `/api/v1/resolve?uri=${uri}`)).json
    return call(ann, 'POST', '/api/v1/serving/replicas', {
      ...{ replica: `${of}-1`, host: 'scorer-1', uri: `models:/${model}/${of}` },
      live: { version, digest, at: clock.now() },
      ...more,
    })
  }
  const tell = (variant: string, values: readonly number[]) =>
    call(ann, 'POST', `${api}/outcomes`, {
      items: values.map((value) => ({
        request_id: makeRequestId({
          ...{ atMs: clock.now(), deployment: id, revision: 1, version: 2, variant },
        }),
        name: 'converted',
        value,
      })),
    })
  return {
    ...made,
    ...{ api, split, write, report, replica, tell },
    as: (who: string) => pagesOf(made.app, who),
  }
}

/** As `deploymentsWorld`, with some minutes of traffic, a process for each variant, and outcomes. */
export async function busyWorld(...overrides: Parameters<typeof askedWorld>) {
  const made = await deploymentsWorld(...overrides)
  const { report, replica, tell, clock } = made
  for (let i = 0; i < 12; i++) {
    clock.pass(10_000)
    const shadow = countsOf('next', 1, { requests: 50, ms: 40 })
    await report(
      countsOf('champion', 2, { requests: 900, errors: 1, ms: 20 }),
      countsOf('challenger', 3, { requests: 90 + i, ms: 28 + i, refused: 2 }),
      { ...shadow, kind: 'shadow', skipped: 2, compared: 48, agreed: 47, difference_max: 0.25 },
    )
  }
  await replica('Production', 2)
  await replica('Staging', 3, { failed: { version: 3, message: 'out of memory' } })
  await tell('champion', [1, 0, 0, 1, 0, 1, 0, 0, 1, 0])
  await tell('challenger', [1, 1, 0, 1, 1, 1, 0, 1])
  return made
}
