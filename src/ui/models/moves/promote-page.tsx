import type { FC } from 'hono/jsx'
import type { Policy } from '../../../governance/policies/policy.ts'
import type { Stage } from '../../../registry/stages/check-stages.ts'
import { isActive } from '../../../registry/stages/stages.ts'
import type { ModelVersion } from '../../../registry/versions/read-versions.ts'
import type { FormProblem } from '../../forms.ts'
import { StageChip } from '../../parts/chips.tsx'
import { Problem, TextField } from '../../parts/fields.tsx'
import { Given, plural, visibleText } from '../../parts/text.tsx'
import { namedText } from '../../promotions/blockers.tsx'
import type { ShownCall } from '../../shell/api-call.tsx'
import type { Frame } from '../../shell/frame.ts'
import { modelCrumbs, Page } from '../../shell/page.tsx'

type PromotePageProps = {
  readonly frame: Frame
  readonly version: ModelVersion
  readonly stages: readonly Stage[]
  /** Where to; undefined: not chosen yet. */
  readonly stage: string | undefined
  /** Those that guard it. */
  readonly policies: readonly Policy[]
  /** The versions that are there now. */
  readonly there: readonly ModelVersion[]
  /** Why the caller may not; undefined: they may. */
  readonly whyNot: string | undefined
  readonly problem?: FormProblem
  readonly typed?: string | undefined
  /** The request that led nowhere, which this move comes after. */
  readonly after: string | undefined
}

/** A move, said in words before it is made: what happens, what happens to others, who has to agree. */
export const PromotePage: FC<PromotePageProps> = (props) => {
  const { frame, version, stages, stage, problem } = props
  const { to } = frame
  const { name } = version
  const others = stages.filter((one) => one.name !== version.stage)
  return (
    <Page
      frame={frame}
      title={`Promote ${name} version ${version.version}`}
      heading={
        <>
          Promote <Given text={name} /> version {version.version}
        </>
      }
      section="models"
      crumbs={[...modelCrumbs(to, name, version.version), { text: 'Promote' }]}
      api={stage === undefined ? undefined : callOf(props, stage)}
    >
      <div class="dialog">
        <Problem of={problem} />
        <p>
          It is in <StageChip stage={version.stage} /> now.
        </p>
        <form method="get" action={to.promote(name, version.version)} class="search">
          <label>
            Move it to
            <select name="to">
              {others.map((one) => (
                <option value={one.name} selected={one.name === stage}>
                  {one.name}
                </option>
              ))}
            </select>
          </label>
          {props.after === undefined ? null : (
            <input type="hidden" name="after" value={props.after} />
          )}
          <button type="submit" class={stage === undefined ? '' : 'quiet'}>
            Go on
          </button>
        </form>
        {props.whyNot === undefined ? null : <p class="notice warn">{visibleText(props.whyNot)}</p>}
        {stage === undefined || stage === version.stage || props.whyNot !== undefined ? null : (
          <Move {...props} stage={stage} />
        )}
      </div>
    </Page>
  )
}

/** What the form does, as a call. */
function callOf(
  { version: { name, version }, policies }: PromotePageProps,
  stage: string,
): ShownCall {
  const archive = isActive(stage)
  return policies.length > 0
    ? {
        method: 'POST',
        path: '/api/v1/promotions',
        body: {
          model: name,
          version: String(version),
          to: { stage },
          archive_existing: archive,
          reason: 'better',
        },
      }
    : {
        method: 'POST',
        path: '/api/2.0/mlflow/model-versions/transition-stage',
        body: { name, version: String(version), stage, archive_existing_versions: archive },
      }
}

const Move: FC<PromotePageProps & { readonly stage: string }> = ({
  frame: { to },
  version,
  stage,
  policies,
  there,
  problem,
  typed,
  after,
}) => {
  const others = there.filter(({ id }) => id !== version.id).map((one) => one.version)
  const isGuarded = policies.length > 0
  return (
    <form method="post" action={to.query(to.promote(version.name, version.version), { after })}>
      <input type="hidden" name="to" value={stage} />
      <p>
        {isGuarded ? 'This opens a request: version' : 'Version'} {version.version} moves from{' '}
        {visibleText(version.stage)} to <strong>{visibleText(stage)}</strong>.
      </p>
      {isActive(stage) && others.length > 0 ? (
        <label class="choice">
          <input type="checkbox" name="archive" checked />
          <span>
            {others.length === 1 ? 'Version' : 'Versions'} {others.join(', ')}, there now,{' '}
            {others.length === 1 ? 'goes' : 'go'} to Archived
          </span>
        </label>
      ) : null}
      {isGuarded ? (
        <ul class="plain">
          {policies.map(({ name, document: { approvals, gates } }) => (
            <li>
              <strong>
                <Given text={name} />
              </strong>{' '}
              asks for{' '}
              {approvals.rules.length === 0 ? (
                'no approval'
              ) : (
                <Given
                  text={approvals.rules
                    .map(
                      ({ required, from }) =>
                        `${plural(required, 'approval')} of ${from.map(namedText).join(' or ')}`,
                    )
                    .join(', ')}
                />
              )}{' '}
              and {plural(gates.length, 'gate')}.
            </li>
          ))}
        </ul>
      ) : (
        <p>No policy guards {visibleText(stage)} of this model.</p>
      )}
      <TextField
        label="Reason"
        name="reason"
        charsMax={10_000}
        isRequired={isGuarded}
        {...{ problem, typed }}
      />
      <div class="row send">
        <button type="submit">
          {isGuarded ? 'Open request' : `Move version ${version.version} to ${stage}`}
        </button>
        <a href={to.model(version.name)}>Cancel</a>
      </div>
    </form>
  )
}
