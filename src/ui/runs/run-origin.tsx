import type { FC } from 'hono/jsx'
import { countText, Given, visibleText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import { PromptLink } from '../prompts/prompt-parts.tsx'
import { linkedPromptsOf } from '../prompts/prompt-texts.ts'
import type { RunStanding } from './read-run.ts'

/** Where a run comes from, and the models and prompts that it read and wrote. */
export const Origin: FC<{ readonly standing: RunStanding; readonly to: Paths }> = ({
  standing: { run, lineage },
  to,
}) => {
  const { runId, modelInputs, modelOutputs, artifactUri } = run
  const { source, commit, branch, repository } = lineage?.code ?? {}
  const facts = [
    ['Source', source],
    ['Commit', commit],
    ['Branch', branch],
    ['Repository', repository],
    ['Files', artifactUri],
    ['Run id', runId],
  ] as const
  return (
    <section class="near" aria-labelledby="origin">
      <h2 id="origin">Origin and models</h2>
      <dl class="facts">
        {lineage?.parent ? (
          <>
            <dt>Part of</dt>
            <dd>
              <a href={to.run(lineage.parent.runId)}>
                <Given text={lineage.parent.name} />
              </a>
            </dd>
          </>
        ) : null}
        <ModelIds
          title="Wrote models"
          of={modelOutputs.map(({ modelId }) => modelId)}
          to={to}
          isWritten
        />
        <ModelIds title="Read models" of={modelInputs} to={to} />
        <Prompts of={linkedPromptsOf(run.tags)} to={to} />
        {facts.map(([what, value]) =>
          value === undefined ? null : (
            <>
              <dt>{what}</dt>
              <dd class="mono">{visibleText(value)}</dd>
            </>
          ),
        )}
      </dl>
    </section>
  )
}

const Prompts: FC<{ readonly of: readonly string[]; readonly to: Paths }> = ({ of, to }) =>
  of.length === 0 ? null : (
    <>
      <dt>Prompts</dt>
      <dd>
        {of.slice(0, 20).map((one) => (
          <div>
            <PromptLink of={one} to={to} />
          </div>
        ))}
        {of.length > 20 ? `and ${countText(of.length - 20)} more` : ''}
      </dd>
    </>
  )

const ModelIds: FC<{
  readonly title: string
  readonly of: readonly string[]
  readonly to: Paths
  /** The run made them, so that they can become versions. */
  readonly isWritten?: true
}> = ({ title, of, to, isWritten }) =>
  of.length === 0 ? null : (
    <>
      <dt>{title}</dt>
      <dd class="mono">
        {of.slice(0, 20).map((id) => (
          <div>
            <a href={to.loggedModel(id)}>{visibleText(id)}</a>{' '}
            {isWritten ? <a href={to.registerLogged(id)}>Register…</a> : null}
          </div>
        ))}
        {of.length > 20 ? `and ${countText(of.length - 20)} more` : ''}
      </dd>
    </>
  )
