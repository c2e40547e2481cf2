import { expect, test } from 'vitest'
import { person } from '../support/accounts.ts'
import { governedServer } from '../support/governed-server.ts'

const draft = (...expressions: string[]) => ({
  applies_to: { models: '*', stage: 'Production' },
  gates: expressions.map((expression, i) => ({ name: `g${i}`, type: 'expression', expression })),
})

/** A version with many metrics and tags, and a reader who sends drafts to judge it by. */
async function drafting(metricCount = 0) {
  const server = await governedServer()
  const { as, admin, mlflow, version, policy } = server
  const { runId } = await version(admin, 'm', { accuracy: 0.9 })
  for (let from = 0; from < metricCount; from += 1000) {
    const metrics = Array.from({ length: Math.min(1000, metricCount - from) }, (_, i) => ({
      key: `k${from + i}`,
      value: i,
      timestamp: 1,
      step: 0,
    }))
    await mlflow(admin).post('runs/log-batch', { run_id: runId, metrics })
  }
  const evaluate = (...expressions: string[]) =>
    as(person('eve'))('POST', '/api/v1/policies/evaluate', {
      model: 'm',
      version: '1',
      to: { stage: 'Production' },
      policy: draft(...expressions),
    })
  return { ...server, evaluate, policy }
}

const nestedBind = (depth: number): string =>
  depth === 0
    ? 'size([x,x,x,x,x,x,x,x])'
    : `cel.bind(x, [${Array(8)
        .fill(depth === 12 ? '1' : 'x')
        .join(',')}], ${nestedBind(depth - 1)})`

const refused: [what: string, expression: string, says: string][] = [
  ['nested cel.bind', `${nestedBind(12)} > 0`, 'bind() is not allowed'],
  ['a regular expression', 'candidate.stage.matches("(a+)+$")', 'matches() is not allowed'],
  [
    'a function that is not listed',
    'candidate.stage.split("").size() > 1',
    'split() is not allowed',
  ],
  ['another one', '["a"].join(",") == "a"', 'join() is not allowed'],
  ['loops in loops', 'candidate.tags.all(x, candidate.tags.all(y, x == y))', 'another loop'],
  [
    'a loop whose variable hides a version',
    '[1].all(candidate, candidate.nope == 1)',
    "'candidate' cannot be",
  ],
  ['more than 2,000 characters', `candidate.stage == '${'x'.repeat(2000)}'`, '2000 characters'],
  ['deep brackets', `${'('.repeat(900)}true${')'.repeat(900)}`, ''],
  ['deep negations', `${'!'.repeat(1900)}true`, ''],
  ['a fact that there is not', 'candidate.nope == 1', 'there is no candidate.nope; candidate has'],
  ['a fact that is misspelt', 'candidate.metric.accuracy > 0.5', 'did you mean candidate.metrics?'],
  ['a misspelt fact in has()', '!has(current.metrik.accuracy)', 'did you mean current.metrics?'],
  ['a misspelt fact by index', 'candidate["tag"]["a"] == "b"', 'did you mean candidate.tags?'],
  [
    'a misspelt field of the card',
    'candidate.card.limitation != ""',
    'candidate.card.limitations?',
  ],
  ['a misspelt field of the run', 'candidate.run.state == "FINISHED"', 'candidate.run.status?'],
]

test.each(refused)(
  'an expression with %s is refused when it is written, as a policy and as a draft',
  async (_what, expression, says) => {
    const { evaluate, admin } = await drafting()
    const started = performance.now()
    const asDraft = await evaluate(expression)
    const written = await admin('PUT', '/api/v1/policies/p', draft(expression))
    expect([asDraft.status, written.status]).toEqual([400, 400])
    expect(asDraft.json.message).toContain(says)
    expect(written.json.message).toContain(says)
    expect(performance.now() - started).toBeLessThan(2000)
  },
)

test('what policies use is allowed, and facts behind the thousandth count like the first', async () => {
  const { evaluate } = await drafting(4000)
  const { status, json } = await evaluate(
    'candidate.metrics.accuracy >= 0.9',
    'candidate.metrics.k3999 == 999.0',
    'candidate.metrics.exists(k, k == "k3998")',
    'candidate.metrics.all(k, k.startsWith("k") || k == "accuracy")',
    '"k3999" in candidate.metrics && size(candidate.metrics) == 4001',
    '!has(current.metrics) || candidate.metrics.accuracy > current.metrics.accuracy',
    'candidate.run.status != "FAILED" && candidate.card.limitations.trim().lowerAscii() != "none"',
  )
  expect(status).toBe(200)
  const statuses = json.gates.map((gate: { status: string }) => gate.status)
  expect(statuses.slice(0, 6)).toEqual(Array(6).fill('passed'))
  expect(json.gates[6].detail).toContain('No such key')
})

const heavy: [what: string, expression: string][] = [
  ['comparing all facts', Array(60).fill('candidate == candidate').join(' && ')],
  ['comparing all metrics', Array(30).fill('candidate.metrics == candidate.metrics').join(' && ')],
  ['hiding what is compared', Array(40).fill('[candidate][0] == [candidate][0]').join(' && ')],
  ['a long body of a loop', `candidate.metrics.all(k, ${Array(60).fill('k != "x"').join(' && ')})`],
  ['many loops', Array(40).fill('candidate.metrics.all(k, k != "")').join(' && ')],
]

test.each(heavy)(
  'an expression may take so many steps and no more: %s',
  async (_what, expression) => {
    const { evaluate } = await drafting(4000)
    const { status, json } = await evaluate(expression)
    expect(status).toBe(200)
    expect(json.gates[0].status).toBe('failed')
    expect(json.gates[0].detail).toContain('take too long on this version')
  },
)

test('the steps are those of a whole request: many gates have no more than one', async () => {
  const { evaluate } = await drafting(4000)
  const many = Array.from({ length: 20 }, () => 'candidate.metrics.all(k, k != "x" && k != "y")')
  const { json } = await evaluate(...many)
  const statuses: string[] = json.gates.map((gate: { status: string }) => gate.status)
  expect(statuses[0]).toBe('passed')
  expect(statuses.at(-1)).toBe('failed')
})
