import type { FC } from 'hono/jsx'
import type { Assessment } from '../../../governance/promotions/assess.ts'
import type { Replayed } from '../../../governance/promotions/dry-run.ts'
import type { FormProblem } from '../../forms.ts'
import { StatusChip } from '../../parts/chips.tsx'
import { LineField } from '../../parts/fields.tsx'
import { Sign } from '../../parts/sign.tsx'
import { Table } from '../../parts/table.tsx'
import { Given, plural, visibleText } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import type { PolicyDraft } from './policy-draft.ts'

/** What a draft was tried on, and what came of it. */
export type Tried =
  | { readonly kind: 'judged'; readonly version: number; readonly judged: Assessment }
  | { readonly kind: 'replayed'; readonly all: number; readonly requests: readonly Replayed[] }

type TryFieldsProps = {
  readonly draft: PolicyDraft
  readonly typed: ((field: string) => string | undefined) | undefined
  readonly problem: FormProblem | undefined
}

/** The fields that say what a draft is tried on. */
export const TryFields: FC<TryFieldsProps> = ({ draft, typed, problem }) => {
  const needsAlias =
    draft.view === 'json' ||
    (draft.fields.place === 'alias' && draft.fields.place_name?.includes('*'))
  return (
    <fieldset class="panel near">
      <legend>Try the draft</legend>
      <div class="fields-row">
        <LineField label="Model" name="try_model" {...{ problem, typed: typed?.('try_model') }} />
        <LineField label="Version" name="try_version" typed={typed?.('try_version')} />
        {needsAlias ? (
          <LineField
            label="Alias"
            name="try_alias"
            hint="Where the policy guards aliases by a glob"
            {...{ problem, typed: typed?.('try_alias') }}
          />
        ) : null}
        <button type="submit" class="quiet" name="do" value="judge" data-key="Ctrl Enter">
          Judge the draft
        </button>
      </div>
      <div class="row">
        <button type="submit" class="quiet" name="do" value="replay">
          Replay the last 50 requests
        </button>
        <span class="soft">Neither changes anything.</span>
      </div>
    </fieldset>
  )
}

/** What came of trying a draft. */
export const TriedResult: FC<{ readonly tried: Tried | undefined; readonly to: Paths }> = ({
  tried,
  to,
}) => {
  if (tried === undefined) return null
  return (
    <section class="panel near" aria-labelledby="tried" tabindex={-1}>
      {tried.kind === 'judged' ? (
        <JudgedDraft {...tried} to={to} />
      ) : (
        <ReplayedDraft {...tried} to={to} />
      )}
    </section>
  )
}

type JudgedDraftProps = {
  readonly version: number
  readonly judged: Assessment
  readonly to: Paths
}

const JudgedDraft: FC<JudgedDraftProps> = ({ version, judged: { candidate, judgement }, to }) => (
  <>
    <h2 id="tried">
      The draft, judged on{' '}
      <a href={to.version(candidate.model, version)}>
        <Given text={candidate.model} /> version {version}
      </a>
    </h2>
    {judgement.gates.length === 0 ? <p>It has no gates.</p> : null}
    <ul class="plain">
      {judgement.gates.map(({ name, status, detail }) => (
        <li>
          <StatusChip status={status} />{' '}
          <strong>
            <Given text={name} />
          </strong>
          : {visibleText(detail)}
        </li>
      ))}
    </ul>
    <p class="soft">
      {judgement.approvals.required === 0
        ? 'It asks for no approval.'
        : `It asks for ${plural(judgement.approvals.required, 'approval')}.`}
    </p>
  </>
)

type ReplayedDraftProps = {
  readonly all: number
  readonly requests: readonly Replayed[]
  readonly to: Paths
}

const ReplayedDraft: FC<ReplayedDraftProps> = ({ all, requests, to }) => {
  const judged = requests.map((request) => ({ ...request, blocked: blockedBy(request) }))
  const blocked = judged.filter((one) => one.blocked.length > 0)
  const gates = [...new Set(blocked.flatMap((one) => one.blocked))]
  return (
    <>
      <h2 id="tried">The last {plural(all, 'request')}, judged by the draft</h2>
      <p>
        {all === requests.length
          ? ''
          : `${plural(requests.length, 'request')} of them ${requests.length === 1 ? 'is' : 'are'} for models that it matches. `}
        <strong>
          {blocked.length === 0
            ? 'None would have been blocked by a gate.'
            : `${blocked.length} of the last ${all} would have been blocked: ${visibleText(gates.join(', '))}`}
        </strong>
      </p>
      <p class="soft">On what is known of those versions now. Approvals are not counted.</p>
      {judged.length === 0 ? null : (
        <Table caption="Requests, judged by the draft" columns={['Request', 'Was', 'By the draft']}>
          {judged.map(({ promotion, assessment, isClosed, blocked: by }) => (
            <tr>
              <th scope="row">
                <a href={to.promotion(promotion.id)}>#{promotion.id}</a>{' '}
                <Given text={promotion.model} /> {promotion.version}
              </th>
              <td>
                <StatusChip status={promotion.status} />
              </td>
              <td>
                {assessment === undefined ? (
                  <span class="soft">
                    {isClosed ? 'not judged: you may not read its run' : 'the version is gone'}
                  </span>
                ) : by.length === 0 ? (
                  <span class="good-text">
                    <Sign of="check" /> every gate passes
                  </span>
                ) : (
                  <span class="bad-text">
                    <Sign of="cross" /> {visibleText(by.join(', '))}
                  </span>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </>
  )
}

/** The gates that do not pass. */
function blockedBy({ assessment }: Replayed): string[] {
  return (assessment?.judgement.gates ?? []).flatMap(({ name, status }) =>
    status === 'passed' ? [] : [name],
  )
}
