import { describe, expect, test } from 'vitest'
import {
  checkExpression,
  judgeExpression,
} from '../../../src/governance/policies/expressions/expression.ts'
import type { VersionFacts } from '../../../src/governance/policies/facts.ts'
import { type GateInput, judgeGate } from '../../../src/governance/policies/gates.ts'
import type { Gate } from '../../../src/governance/policies/policy.ts'
import { person } from '../../support/accounts.ts'

const column = (name: string, type = 'double', required = true) => ({ name, type, required })

const tracked = {
  factsDigest: 'sha256:f',
  metrics: { accuracy: 0.918, nothing: Number.NaN },
  params: { depth: '3' },
  datasets: [{ name: 'train', digest: 'abc' }],
  run: { id: 'r', name: 'run', status: 'FINISHED' },
  unreadable: {},
  signature: { inputs: [column('a'), column('b')], outputs: [column('y')] },
}

const version: VersionFacts = {
  ...tracked,
  late: new Map(),
  atRegistration: tracked,
  id: 1,
  model: 'fraud',
  version: 3,
  stage: 'Staging',
  aliases: ['champion'],
  tags: { validated: 'true' },
  card: {
    limitations: 'some',
    ethical_considerations: ' ',
    fairness: [
      { slice: 'age<25', metric: 'recall', value: 0.81 },
      { slice: 'age>=25', metric: 'recall', value: 0.9 },
    ],
  },
  createdAtMs: 0,
  stageSinceMs: 0,
  digest: 'sha256:1',
  manifestId: 1,
}

const hourMs = 3_600_000
const postedBy = person('service:ci')

function judged(gate: object, more: Partial<GateInput> = {}) {
  const { status, detail } = judgeGate({ name: 'g', ...gate } as Gate, {
    candidate: version,
    current: undefined,
    checks: new Map(),
    filesIntact: undefined,
    nowMs: 24 * hourMs,
    parties: { requester: { name: 'ann' }, authors: [], cardEditor: null, controllers: new Map() },
    tagSetters: new Map(),
    traces: new Map(),
    expressions: new Map(),
    scans: undefined,
    attested: new Map(),
    accounts: {},
    ...more,
  })
  return `${status}: ${detail}`
}

const holder = (change: Partial<VersionFacts>) => ({
  current: {
    ...version,
    id: 2,
    version: 2,
    atRegistration: { ...tracked, ...change },
    ...change,
  },
})

describe('a gate says whether it passes, by which value', () => {
  test.each<[object, Partial<GateInput>, string]>([
    [{ type: 'metric', metric: 'accuracy', min: 0.9 }, {}, 'passed: accuracy 0.918 >= 0.9'],
    [{ type: 'metric', metric: 'accuracy', max: 0.9 }, {}, 'failed: accuracy 0.918 > 0.9'],
    [{ type: 'metric', metric: 'nothing', min: 0 }, {}, 'failed: nothing NaN < 0'],
    [{ type: 'metric', metric: 'toString', min: 0 }, {}, "failed: metric 'toString' is absent"],
    [
      { type: 'expression', expression: '!(candidate.metrics["no" + "thing"] < 0.9)' },
      {},
      'failed: !(candidate.metrics["no" + "thing"] < 0.9): metric \'nothing\' of candidate is NaN, which is within no limits',
    ],
    [{ type: 'tag', key: 'validated', value: 'true' }, {}, "passed: tag 'validated' is 'true'"],
    [
      { type: 'tag', key: 'validated', value: 'no' },
      {},
      "failed: tag 'validated' is 'true', not 'no'",
    ],
    [{ type: 'tag', key: '__proto__' }, {}, "failed: tag '__proto__' is absent"],
    [{ type: 'model_card', fields: ['limitations'] }, {}, 'passed: limitations filled in'],
    [
      { type: 'model_card', fields: ['fairness', 'ethical_considerations'] },
      {},
      'failed: ethical_considerations is empty',
    ],
    [
      { type: 'model_card', fields: ['a', 'b'] },
      { candidate: { ...version, card: null } },
      'failed: there is no model card; a, b must be filled in',
    ],
    [{ type: 'lineage', require: ['run', 'dataset'] }, {}, 'passed: run r, train abc'],
    [
      { type: 'lineage', require: ['run', 'dataset'] },
      { candidate: { ...version, run: null, datasets: [] } },
      'failed: no run, no dataset with a digest',
    ],
    [{ type: 'integrity' }, {}, 'failed: the version is not sealed: its files are not kept here'],
    [{ type: 'integrity' }, { filesIntact: { ok: true, detail: 'ok' } }, 'passed: ok'],
    [{ type: 'check', check: 'ci' }, {}, "pending: check 'ci' has no result yet"],
    [
      { type: 'check', check: 'ci' },
      { checks: new Map([['ci', { status: 'passed', digest: 'sha256:1', postedBy }]]) },
      "passed: check 'ci' passed",
    ],
    [
      { type: 'check', check: 'ci' },
      { checks: new Map([['ci', { status: 'passed', digest: 'sha256:0', postedBy }]]) },
      "pending: check 'ci' was made for other files",
    ],
    [{ type: 'soak', stage: 'staging', hours: 24 }, {}, 'passed: 24.0 of 24 hours in staging'],
    [{ type: 'soak', stage: 'Staging', hours: 25 }, {}, 'pending: 24.0 of 25 hours in Staging'],
    [
      { type: 'soak', stage: 'Canary', hours: 1 },
      {},
      'failed: the version is in Staging, not in Canary',
    ],
    [
      { type: 'fairness', metric: 'recall', max_gap: 0.1, slices: ['age<25', 'age>=25'] },
      {},
      'passed: recall differs by 0.09 over 2 slices <= 0.1',
    ],
    [
      { type: 'fairness', metric: 'recall', max_gap: 0.05, slices: ['age<25', 'age>=25'] },
      {},
      'failed: recall differs by 0.09 over 2 slices > 0.05',
    ],
    [
      { type: 'fairness', metric: 'recall', max_gap: 1, slices: ['age<25', 'women'] },
      {},
      'failed: the card has no recall for women',
    ],
    [
      { type: 'fairness', metric: 'recall', max_gap: 0.1, slices: ['age<25', 'age>=25'] },
      {
        candidate: {
          ...version,
          card: {
            fairness: [0.5, 0.81].flatMap((value) =>
              ['age<25', 'age>=25'].map((slice) => ({
                ...{ slice, metric: 'recall', value: slice === 'age<25' ? value : 0.9 },
              })),
            ),
          },
        },
      },
      'failed: recall differs by 0.4 over 2 slices > 0.1',
    ],
    [{ type: 'signature_compatible' }, {}, 'passed: no version holds the target yet'],
    [
      { type: 'signature_compatible' },
      holder({ signature: { inputs: [column('a')], outputs: [column('y')] } }),
      "failed: against version 2: input 'b' is new and required",
    ],
    [
      { type: 'signature_compatible' },
      holder({ signature: { inputs: [column('a'), column('b', 'long')], outputs: [] } }),
      "failed: against version 2: input 'b' is double, was long",
    ],
    [
      { type: 'signature_compatible' },
      holder({ signature: { inputs: [column('a'), column('b'), column('c')], outputs: [] } }),
      "failed: against version 2: input 'c' is gone",
    ],
    [
      { type: 'signature_compatible' },
      {
        candidate: {
          ...version,
          signature: { inputs: [column('a'), column('b', 'double', false)], outputs: [] },
        },
        ...holder({ signature: { inputs: [column('a')], outputs: [] } }),
      },
      "passed: compatible with version 2; warning: input 'b' is new and optional",
    ],
    [
      { type: 'expression', expression: 'candidate.metrics.accuracy >= 0.9' },
      {},
      'passed: candidate.metrics.accuracy >= 0.9 (candidate.metrics.accuracy = 0.918)',
    ],
    [
      { type: 'expression', expression: 'candidate.metrics.auc >= 0.9' },
      {},
      'failed: candidate.metrics.auc >= 0.9 (candidate.metrics.auc = absent): No such key: auc',
    ],
  ])('%j', (gate, more, expected) => {
    expect(judged(gate, more)).toBe(expected)
  })
})

describe('an expression', () => {
  test.each([
    '!has(current.metrics) || candidate.metrics.accuracy >= current.metrics.accuracy - 0.005',
    'candidate.tags["validated"] == "true" && "champion" in candidate.aliases',
    'candidate.datasets.exists(d, d.digest == "abc")',
    'candidate.version > 2 && candidate.run.status == "FINISHED" && candidate.created_at >= 0',
    'size(candidate.signature.inputs) == 2 && candidate.card.limitations != ""',
  ])('%s is taken and holds', (expression) => {
    checkExpression(expression)
    const facts = {
      candidate: {
        metrics: { accuracy: 0.9 },
        tags: { validated: 'true' },
        aliases: ['champion'],
        datasets: [{ name: 'd', digest: 'abc' }],
        version: 3,
        run: { status: 'FINISHED' },
        created_at: 1,
        signature: { inputs: [1, 2] },
        card: { limitations: 'x' },
      },
      current: {},
    }
    expect(judgeExpression(expression, facts)).toEqual({ holds: true })
  })

  test.each([
    ['1 +', 'Unexpected token: EOF, at its end'],
    ['"😀" == ?', 'Unexpected token: QUESTION, at character 8'],
    ['process.exit()', 'exit() is not allowed'],
    ['1 == process', 'Unknown variable: process, at character 6'],
    ['candidate.version + 1', 'not true or false'],
    ['"a"', 'not true or false'],
    ['candidate.stage.matches("(a+)+$")', 'matches() is not allowed'],
    ['candidate.datasets.all(a, candidate.datasets.all(b, a == b))', 'within another loop'],
    [`candidate.version == ${'1 + '.repeat(600)}1`, ''],
    [`"${'x'.repeat(3000)}" == ""`, 'more than 2000 characters'],
    [`${'('.repeat(200)}true${')'.repeat(200)}`, ''],
  ])('%s is refused', (expression, why) => {
    expect(() => checkExpression(expression)).toThrow(`Invalid expression`)
    expect(() => checkExpression(expression)).toThrow(why)
  })
})
