import type { FC } from 'hono/jsx'
import { z } from 'zod'
import type { Statement } from '../../attestations/envelope.ts'
import { predicateTypes } from '../../attestations/predicate-types.ts'
import { Tree } from '../files/tree.tsx'
import { Table } from '../parts/table.tsx'
import { plural } from '../parts/text.tsx'
import { ProvenanceShape, ProvenanceView } from './provenance-view.tsx'
import { ReleaseShape, ReleaseView } from './release-view.tsx'
import { More, ResultChip, Said, shownMax } from './statement-parts.tsx'

const typeWords: ReadonlyMap<string, string> = new Map([
  [predicateTypes.model, 'Model files'],
  [predicateTypes.release, 'Release'],
  [predicateTypes.gates, 'Test result'],
  [predicateTypes.provenance, 'Provenance'],
])

/** What kind of statement it is; one that is not known by its address. */
export const StatementType: FC<{ readonly type: string }> = ({ type }) => {
  const word = typeWords.get(type)
  return word === undefined ? <Said text={type} /> : <span title={type}>{word}</span>
}

/** What a statement says: in words where its type is known, and all of it as values. */
export const StatementView: FC<{ readonly statement: Statement }> = ({ statement }) => {
  const { predicateType, predicate = {}, subject } = statement
  return (
    <>
      <dl class="facts">
        <dt>Type</dt>
        <dd>
          <code>
            <Said text={predicateType} />
          </code>
        </dd>
        <dt>About</dt>
        <dd>
          {subject.slice(0, shownMax).map(({ name, digest }) => (
            <p class="row">
              {name === undefined ? null : <Said text={name} />}
              <code>
                <Said text={digest.sha256 ?? JSON.stringify(digest)} />
              </code>
            </p>
          ))}
          <More than={subject.length} />
        </dd>
      </dl>
      <InWords type={predicateType} predicate={predicate} />
      <details>
        <summary>All that it says</summary>
        <Tree value={predicate} />
      </details>
    </>
  )
}

/** Others may write anything into a predicate: what is not of the form that its type has is shown as values alone. */
const InWords: FC<{ readonly type: string; readonly predicate: object }> = ({
  type,
  predicate,
}) => {
  const known = knownOf(type, predicate)
  return (
    known ?? (
      <p class="soft">This page has no words for it; its values are below, as they were signed.</p>
    )
  )
}

function knownOf(type: string, predicate: object) {
  if (type === predicateTypes.gates) {
    const { data } = TestResult.safeParse(predicate)
    return data && <TestResultView {...data} />
  }
  if (type === predicateTypes.provenance) {
    const { data } = ProvenanceShape.safeParse(predicate)
    return data && <ProvenanceView {...data} />
  }
  if (type === predicateTypes.release) {
    const { data } = ReleaseShape.safeParse(predicate)
    return data && <ReleaseView {...data} />
  }
  if (type === predicateTypes.model) {
    const { data } = ModelFiles.safeParse(predicate)
    return data && <p>The bytes of {plural(data.resources.length, 'file')}, one by one.</p>
  }
  return undefined
}

const Names = z.array(z.string()).default([])
const TestResult = z.object({
  result: z.enum(['PASSED', 'WARNED', 'FAILED']),
  passedTests: Names,
  warnedTests: Names,
  failedTests: Names,
})

const TestResultView: FC<z.output<typeof TestResult>> = (said) => {
  const tests = [
    ...said.failedTests.map((name) => ({ name, result: 'FAILED' })),
    ...said.warnedTests.map((name) => ({ name, result: 'WARNED' })),
    ...said.passedTests.map((name) => ({ name, result: 'PASSED' })),
  ]
  return (
    <>
      <p class="row">
        <ResultChip result={said.result} /> of {plural(tests.length, 'test')}
      </p>
      {tests.length === 0 ? null : (
        <Table caption="Tests" columns={['Test', 'Result']}>
          {tests.slice(0, shownMax).map(({ name, result }) => (
            <tr>
              <th scope="row">
                <Said text={name} />
              </th>
              <td>
                <ResultChip result={result} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      <More than={tests.length} />
    </>
  )
}

const ModelFiles = z.object({ resources: z.array(z.unknown()) })
