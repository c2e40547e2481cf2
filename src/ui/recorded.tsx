import type { Child, FC } from 'hono/jsx'
import type { Derived } from '../governance/cards/derived.ts'
import { problemsTitle, recordedTitle, writeSignature } from '../governance/cards/write-card.ts'
import { figuresByName } from '../governance/version-traces.ts'
import { Region } from './parts/table.tsx'
import { Given, numberText, plural, visibleText } from './parts/text.tsx'

/** The most rows of a table that a page shows. The API has all of them. */
const rowsMax = 200

/** What the server knows about a version by itself. */
export const Recorded: FC<{ derived: Derived }> = ({ derived }) => {
  const { datasets, signature, environment, problems } = derived
  return (
    <aside class="panel recorded" aria-labelledby="recorded">
      <h2 id="recorded">{recordedTitle}</h2>
      <Facts derived={derived} />
      <Pairs title="Metrics" of={Object.entries(derived.metrics)} numbers />
      <Pairs title="Traces of the last 30 days" of={[...figuresByName(derived.traces)]} numbers />
      <Pairs title="Params" of={Object.entries(derived.params)} />
      {datasets.length > 0 && (
        <>
          <h3>Datasets</h3>
          <ul class="plain">
            {datasets.slice(0, rowsMax).map(({ name, digest, source }) => (
              <li>
                <strong>
                  <Given text={name} />
                </strong>{' '}
                <code>{visibleText(digest)}</code>
                <Folded title="Source">{visibleText(source)}</Folded>
              </li>
            ))}
          </ul>
          <More than={datasets.length} />
        </>
      )}
      {signature && (
        <>
          <h3>Signature</h3>
          <Folded title="Columns in and out">{writeSignature(signature)}</Folded>
        </>
      )}
      {environment && environment.length > 0 && (
        <>
          <h3>Environment</h3>
          <Folded title={plural(environment.length, 'requirement')}>
            {environment.join('\n')}
          </Folded>
        </>
      )}
      {problems && problems.length > 0 && (
        <>
          <h3>{problemsTitle}</h3>
          <ul>
            {problems.map((problem) => (
              <li>{visibleText(problem)}</li>
            ))}
          </ul>
        </>
      )}
    </aside>
  )
}

const Facts: FC<{ derived: Derived }> = ({ derived }) => {
  const facts: [string, string | undefined][] = [
    ['Experiment', derived.experiment],
    ['Run', derived.run_id],
    ['Code version', derived.code_version],
    ['Flavors', derived.flavors?.join(', ') || undefined],
    ['Digest', derived.digest],
  ]
  const known = facts.filter(([, value]) => value !== undefined)
  if (known.length === 0) {
    return <p class="soft">This server has no run and no files of this version.</p>
  }
  return (
    <dl class="facts">
      {known.map(([what, value]) => (
        <>
          <dt>{what}</dt>
          <dd class="mono">{visibleText(value ?? '')}</dd>
        </>
      ))}
    </dl>
  )
}

const Pairs: FC<{
  title: string
  of: readonly (readonly [string, string | number])[]
  numbers?: true
}> = ({ title, of, numbers }) =>
  of.length === 0 ? null : (
    <>
      <h3>{title}</h3>
      <Region>
        <table>
          <caption class="unseen">{title}</caption>
          <tbody>
            {of.slice(0, rowsMax).map(([key, value]) => (
              <tr>
                <th scope="row">
                  <Given text={key} />
                </th>
                <td class={numbers ? 'number' : ''}>
                  {typeof value === 'number' ? numberText(value) : visibleText(value)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Region>
      <More than={of.length} />
    </>
  )

const More: FC<{ than: number }> = ({ than }) =>
  than > rowsMax ? <p class="soft">and {than - rowsMax} more</p> : null

const Folded: FC<{ title: string; children?: Child }> = ({ title, children }) => (
  <details>
    <summary>{title}</summary>
    <pre tabindex={0}>
      <code>{children}</code>
    </pre>
  </details>
)
