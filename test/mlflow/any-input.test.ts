import fc from 'fast-check'
import { expect, test } from 'vitest'
import { runtime } from '#platform'
import type { Operation } from '../../src/mlflow/operation.ts'
import { served } from '../../src/mlflow/routes.ts'
import { operations } from '../../src/mlflow/surface.ts'
import type { Field, Fields } from '../../src/mlflow/wire/message.ts'
import { testServer } from '../support/server.ts'

const runs = runtime === 'node' ? 60 : 8

/** Names and ids of what `fill` makes, so that inputs get past the first look-up. */
const existing: Record<string, string> = {
  experiment_id: '0',
  experiment_ids: '0',
  name: 'known',
  version: '1',
  stage: 'Production',
  stages: 'Production',
  alias: 'champion',
  source: 'dummy-source',
  metric_key: 'accuracy',
  key: 'k',
}

async function fill(server: Awaited<ReturnType<typeof testServer>>): Promise<void> {
  const run = await server.post('runs/create', { experiment_id: '0' })
  const runId = run.json.run.info.run_id
  Object.assign(existing, { run_id: runId, run_ids: runId, run_uuid: runId })
  await server.post('runs/log-metric', { run_id: runId, key: 'accuracy', value: 1, timestamp: 1 })
  const model = await server.post('logged-models', { experiment_id: '0', name: 'known' })
  Object.assign(existing, { model_id: model.json.model.info.model_id })
  await server.post('registered-models/create', { name: 'known' })
  const source = `models:/${existing.model_id}`
  await server.post('model-versions/create', { name: 'known', source, model_id: existing.model_id })
  await server.post('registered-models/alias', { name: 'known', alias: 'champion', version: '1' })
}

const nasty = fc.constantFrom<unknown>(
  '',
  ' ',
  '0',
  '1',
  '-1',
  '9223372036854775807',
  '9223372036854775808',
  '__proto__',
  'constructor',
  '../..',
  '%2e%2e/',
  "'",
  "' OR 1=1 --",
  '\u0000',
  '\ud800',
  'é'.repeat(300),
  'x'.repeat(3000),
  'models:/a/1',
  'runs:/x/y',
  'mlflow-artifacts:/0/x',
  'name = ',
  'metrics.a > 1 AND params.b LIKE "%c%"',
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  true,
  null,
  [],
  {},
  [null],
  [{}],
  { key: 'k', value: 'v' },
  [{ key: 'k', value: 1 }],
)

/** A body whose fields JSON.parse reads, and on which JSON.stringify ends the stack. */
function deepBody(operation: Operation): string {
  const deep = '['.repeat(50_000) + ']'.repeat(50_000)
  const fields = Object.keys(operation.request?.fields ?? {})
  return `{${fields.map((name) => `"${name}":${deep}`).join()}}`
}

/** Something of the field's type, or something else. */
function fieldValue(name: string, field: Field): fc.Arbitrary<unknown> {
  const known = Object.hasOwn(existing, name) ? [fc.constant(existing[name])] : []
  const one = fc.oneof(
    { weight: 3, arbitrary: rightType(field) },
    { weight: 2, arbitrary: nasty },
    ...known.map((arbitrary) => ({ weight: 6, arbitrary })),
  )
  return field.repeated ? fc.oneof(fc.array(one, { maxLength: 4 }), nasty) : one
}

/** How moments and spans of time travel; the last of each are none. */
const times: Readonly<Record<string, readonly unknown[]>> = {
  timestamp: ['2026-11-27T10:00:00Z', '2026-11-27T10:00:00.123456789Z', '9999-99-99T99:99:99Z'],
  duration: ['1.5s', '0s', '1.5'],
  time_ms: [0, 1_800_000_000_000, '1800000000000', 'yesterday'],
}

/** Types whose values travel as text. */
const textTypes = ['string', 'version', 'run_id', 'experiment_id', 'artifact_path']

function rightType(field: Field): fc.Arbitrary<unknown> {
  const { type } = field
  if (textTypes.some((text) => text === type)) {
    return fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), nasty)
  }
  if (type === 'bool') return fc.boolean()
  if (type === 'double') return fc.oneof(fc.double(), fc.constantFrom('NaN', 'Infinity'))
  if (type === 'int32' || type === 'int64' || type === 'row_id')
    return fc.oneof(fc.integer(), fc.bigInt().map(String))
  if (type === 'json') return fc.json().map((text) => JSON.parse(text))
  const written = Object.hasOwn(times, type as string) ? times[type as string] : undefined
  if (written) return fc.oneof(fc.constantFrom(...written), nasty)
  if (type === 'map') return fc.dictionary(fc.string(), fc.string())
  return Array.isArray(type)
    ? fc.constantFrom(...(type as readonly string[]))
    : fieldsOf((type as { fields: Fields }).fields)
}

function fieldsOf(fields: Fields): fc.Arbitrary<Record<string, unknown>> {
  const entries = Object.entries(fields).map(
    ([name, field]) => [name, fieldValue(name, field)] as const,
  )
  return fc.record(Object.fromEntries(entries), { requiredKeys: [] })
}

/** A body of the operation's fields, or any JSON, or no JSON at all. */
function bodyOf(operation: Operation): fc.Arbitrary<string> {
  const fields = operation.request?.fields ?? {}
  return fc.oneof(
    { weight: 6, arbitrary: fieldsOf(fields).map((body) => JSON.stringify(body)) },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('[', '{"a":', '[]', '"{}"', '['.repeat(20_000), 'NaN'),
    },
  )
}

/** The same fields as a query string. */
function queryOf(operation: Operation): fc.Arbitrary<string> {
  return fieldsOf(operation.request?.fields ?? {}).map((fields) =>
    Object.entries(fields)
      .flatMap(([key, value]) => (Array.isArray(value) ? value : [value]).map((one) => [key, one]))
      .map(([key, value]) => `${key}=${encodeURIComponent(textOf(value).toWellFormed())}`)
      .join('&'),
  )
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

const segment = fc.constantFrom(
  'x',
  '0',
  '1',
  'm-0',
  '%00',
  '%',
  '%FF',
  '%2e%2e',
  'a%20b',
  '__proto__',
)

for (const operation of served) {
  const routes = operations.find((entry) => entry.name === operation.name)?.routes ?? []
  const route = routes[0]
  if (!route) continue
  test(`${operation.name} answers any input with a result or a 4xx in the envelope`, async () => {
    const server = await testServer()
    await fill(server)
    const input = { body: bodyOf(operation), query: queryOf(operation), segment }
    await fc.assert(
      fc.asyncProperty(fc.record(input), async ({ body, query, segment }) => {
        const path = route.path.replace(/\{\w+\}/g, segment)
        const withBody = route.method !== 'GET'
        const res = await server.app.request(`${path}?${query}`, {
          method: route.method,
          ...(withBody ? { body, headers: { 'content-type': 'application/json' } } : {}),
        })
        const text = await res.text()
        expect(res.status, `${route.method} ${path}?${query}\n${body}\n${text}`).toBeLessThan(500)
        if (res.status >= 400 && route.method !== 'HEAD') {
          expect(JSON.parse(text)).toMatchObject({
            error_code: expect.any(String),
            message: expect.any(String),
          })
        }
      }),
      { numRuns: runs, examples: [[{ body: deepBody(operation), query: '', segment: 'x' }]] },
    )
  })
}
