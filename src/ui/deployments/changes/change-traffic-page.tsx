import type { FC } from 'hono/jsx'
import type { DeploymentBar } from '../../../governance/moves/guarded-deployments.ts'
import { movedKeysFrom } from '../../../router/moved-keys.ts'
import type { Variant } from '../../../router/split.ts'
import { wholeShares } from '../../../serving/change-weights.ts'
import type { Deployment } from '../../../serving/deployments.ts'
import type { FormProblem } from '../../forms.ts'
import { Problem, TextField } from '../../parts/fields.tsx'
import { Table } from '../../parts/table.tsx'
import { percentText, visibleText } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'
import { Page } from '../../shell/page.tsx'
import { deploymentCrumbs } from '../deployment-page.tsx'
import { sharesOf } from '../read-deployment.ts'
import { shiftedQuery, weightField } from '../weights-query.ts'
import { SeenFields } from './seen-deployment.tsx'

type TrafficChangeProps = {
  readonly frame: Frame
  readonly deployment: Deployment
  /** What was typed, by the names of variants; undefined: nothing yet. */
  readonly typed: ((variant: string) => string | undefined) | undefined
  /** The variants with the weights that are asked about; undefined: none, or wrong ones. */
  readonly wanted: readonly Variant[] | undefined
  /** Why the caller may not; undefined: they may. */
  readonly whyNot: string | undefined
  /** Why policies let the caller do it in an emergency alone, or not at all. */
  readonly bar: DeploymentBar | undefined
  readonly problem?: FormProblem | undefined
  readonly reason?: string | undefined
}

/** Other weights: first which ones, then what they do. */
export const ChangeTrafficPage: FC<TrafficChangeProps> = (props) => {
  const { frame, deployment, wanted, whyNot, problem } = props
  const { name } = deployment
  const { to } = frame
  return (
    <Page
      frame={frame}
      title={`Change traffic of ${name}`}
      section="deployments"
      crumbs={[...deploymentCrumbs(to, name), { text: 'Change traffic' }]}
      api={callOf(deployment, wanted)}
    >
      <div class="dialog">
        <Problem of={problem} />
        <Weights {...props} />
        {wanted === undefined ? null : <Effect {...props} wanted={wanted} />}
        {whyNot === undefined ? null : <p class="notice warn">{visibleText(whyNot)}</p>}
        <p>
          <a href={to.deployment(name)}>Cancel</a>
        </p>
      </div>
    </Page>
  )
}

function callOf(deployment: Deployment, wanted: readonly Variant[] | undefined) {
  const { id, name, model, revision, variants, shadows, sticky, guard } = deployment
  const { accounts: _, ...bounds } = guard ?? { accounts: {} }
  return {
    method: 'PUT' as const,
    path: `/api/v1/deployments/${name}`,
    body: {
      ...{ model, variants: wanted ?? variants, shadows, sticky },
      ...(guard && { guard: bounds }),
      ...{ id, revision, reason: 'the challenger does well' },
    },
  }
}

const Weights: FC<TrafficChangeProps> = ({ frame, deployment, typed, wanted }) => {
  const { name, variants } = deployment
  const shares = wholeShares(variants)
  return (
    <form method="get" action={frame.to.traffic(name)}>
      <div class="fields-row">
        {variants.map((variant) => (
          <div class="near">
            <label>
              {variant.name}, %
              <input
                type="number"
                name={weightField(variant.name)}
                min={0}
                max={100}
                step={1}
                required
                value={visibleText(typed?.(variant.name) ?? String(shares.get(variant.name)))}
              />
            </label>
            <p class="row">
              {[-5, 5].map((by) => {
                const query = shiftedQuery(wanted ?? variants, variant.name, by)
                return query === undefined ? null : (
                  <a href={frame.to.query(frame.to.traffic(name), query)}>
                    {by < 0 ? '5 less' : '5 more'}
                    <span class="unseen"> for {variant.name}</span>
                  </a>
                )
              })}
            </p>
          </div>
        ))}
        <button type="submit" class={wanted === undefined ? undefined : 'quiet'}>
          Show what it does
        </button>
      </div>
      <p class="hint">Whole percent, which make 100.</p>
    </form>
  )
}

type EffectProps = TrafficChangeProps & { readonly wanted: readonly Variant[] }

const Effect: FC<EffectProps> = (props) => {
  const { frame, deployment, wanted, whyNot, bar } = props
  const { name, canary, sticky } = deployment
  const { to } = frame
  const [before, after] = [sharesOf(deployment), sharesOf({ variants: wanted })]
  return (
    <>
      <Table
        caption="Before and after"
        isCaptioned
        columns={['Variant', { title: 'Now', isNumber: true }, { title: 'Then', isNumber: true }]}
      >
        {wanted.map((variant) => (
          <tr>
            <th scope="row">{variant.name}</th>
            {[before, after].map((shares, i) => (
              <td class="number">
                {percentText(shares.get(variant.name))}{' '}
                <meter
                  class="share"
                  min={0}
                  max={1}
                  value={shares.get(variant.name) ?? 0}
                  aria-label={`${i === 0 ? 'Share now' : 'Share then'} of ${variant.name}`}
                />
              </td>
            ))}
          </tr>
        ))}
      </Table>
      <ul>
        {movesText(deployment, wanted).map((text) => (
          <li>{text}</li>
        ))}
        {sticky ? null : <li>No header is sticky, so each request is spread anew by chance.</li>}
        {wanted
          .filter(({ weight }) => weight === 0)
          .filter((one) => (before.get(one.name) ?? 0) > 0)
          .map((one) => (
            <li>{one.name} ends the requests that it has, and gets no more.</li>
          ))}
        {canary ? <li>The steps of {canary.variant} end.</li> : null}
        <li>It takes effect within about a second, in every process that follows it.</li>
        <li>Another change of the weights undoes it.</li>
      </ul>
      {whyNot !== undefined ? null : bar && !bar.mayBreakGlass ? (
        <p class="notice warn">{visibleText(bar.message)}</p>
      ) : (
        <form method="post" action={to.traffic(name)}>
          {wanted.map((variant) => (
            <input type="hidden" name={weightField(variant.name)} value={String(variant.weight)} />
          ))}
          <TextField
            label="Reason"
            name="reason"
            charsMax={1000}
            isRequired
            problem={props.problem}
            typed={props.reason}
          />
          {bar ? (
            <label class="choice">
              <input type="checkbox" name="break_glass" required />
              <span>
                Break glass. {visibleText(bar.message)}. It is marked in the audit log, and takes a
                reason of ten letters.
              </span>
            </label>
          ) : null}
          <SeenFields deployment={deployment} />
          <div class="row send">
            <button type="submit" class={bar ? 'danger' : undefined}>
              {bar ? 'Break glass and change' : 'Change'} traffic of {name}
            </button>
            <a href={to.deployment(name)}>Cancel</a>
          </div>
        </form>
      )}
    </>
  )
}

/** Who meets another variant: `Of 100 users, 20 go from champion to challenger.` */
function movesText({ variants, sticky }: Deployment, wanted: readonly Variant[]): string[] {
  if (!sticky) return []
  const moves = movedKeysFrom(variants, wanted)
  if (moves.length === 0) return [`Nobody moves: every ${sticky.header} meets the variant as now.`]
  const stay = 1 - moves.reduce((sum, { part }) => sum + part, 0)
  return [
    ...moves.map(
      ({ from, to, part }) =>
        `${percentText(part)} of all values of ${sticky.header} move from ${from} to ${to}.`,
    ),
    `${percentText(stay)} meet the same variant as now.`,
  ]
}
