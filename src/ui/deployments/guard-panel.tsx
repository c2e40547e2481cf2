import type { FC } from 'hono/jsx'
import type { GuardedVariant } from '../../serving/counts/judge-counts.ts'
import type { DeploymentGuard } from '../../serving/deployment-guard.ts'
import type { DeploymentChange } from '../../serving/deployment-history.ts'
import { Time } from '../parts/byline.tsx'
import { Chip } from '../parts/chips.tsx'
import { Sign } from '../parts/sign.tsx'
import { Cell, Table } from '../parts/table.tsx'
import { countText, numberText, percentText, visibleText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import { msText } from './figures.ts'
import { actOfGuard, type DeploymentStanding } from './read-deployment.ts'
import { weightQuery } from './weights-query.ts'

/** What the guard did, when, why, and the way back; nothing where somebody changed the deployment since. */
export const GuardBand: FC<{ readonly standing: DeploymentStanding; readonly to: Paths }> = ({
  standing,
  to,
}) => {
  const found = actOfGuard(standing)
  if (!found) return null
  const { act, before } = found
  const { name, model } = standing.deployment
  const outNow = takenOut(act, before)
  return (
    <div class="notice bad" data-part="guard-band">
      <p>
        <Sign of="warning" />{' '}
        <strong>
          {outNow === undefined
            ? 'The guard had a stage rolled back, or asked for it'
            : `The guard took ${outNow} out`}
        </strong>{' '}
        <Time atMs={act.atMs} />
      </p>
      {act.reason === null ? null : <p>{visibleText(act.reason)}</p>}
      <p class="row">
        {outNow !== undefined && before?.split ? (
          <a href={to.query(to.traffic(name), weightQuery(before.split.variants))}>
            Back to the weights of before…
          </a>
        ) : null}
        <a href={to.model(model)}>What is in each stage now</a>
        <a href={`${to.audit}/${act.seq}`}>Its entry in the audit log</a>
      </p>
    </div>
  )
}

/** The variant whose weight the guard made 0. */
function takenOut(act: DeploymentChange, before: DeploymentChange | undefined): string | undefined {
  const had = new Map(before?.split?.variants.map(({ name, weight }) => [name, weight]))
  return act.split?.variants.find(({ name, weight }) => weight === 0 && (had.get(name) ?? 0) > 0)
    ?.name
}

/** What the guard would do, and how near each variant is to that. */
export const GuardPanel: FC<{ readonly standing: DeploymentStanding }> = ({
  standing: { deployment, guarded },
}) => {
  const { guard } = deployment
  if (!guard || !guarded) {
    return (
      <section class="near" aria-labelledby="guard" data-part="guard">
        <h2 id="guard">Guard</h2>
        <p class="soft">
          None: a variant that fails goes on answering until somebody acts. <code>"guard"</code> in
          the deployment sets bounds.
        </p>
      </section>
    )
  }
  const columns = boundsOf(guard)
  return (
    <section class="near" aria-labelledby="guard" data-part="guard" data-steady>
      <h2 id="guard">Guard</h2>
      <p>
        {guard.action === 'rollback'
          ? 'Rolls back the stage that a variant follows, or takes the variant out,'
          : 'Takes a variant out'}{' '}
        when, of at least {countText(guard.min_requests)} requests within {guard.window_seconds} s,{' '}
        {columns.map(({ sentence }) => sentence).join(', or ')}. {nearestText(guarded, columns)}
      </p>
      <Table
        caption="How near each variant is to the bounds of the guard"
        isCards
        columns={[
          'Variant',
          { title: 'Requests seen', isNumber: true },
          ...columns.map(({ title }) => ({ title, isNumber: true as const })),
          'State',
        ]}
      >
        {guarded.map((one) => {
          const missing = guard.min_requests - one.requests
          return (
            <tr>
              <th scope="row">
                {one.name}
                {one.version ? ` (version ${one.version})` : ''}
              </th>
              <Cell label="Requests seen" isNumber>
                {countText(one.requests)} of {countText(guard.min_requests)}
              </Cell>
              {columns.map(({ title, figureOf, text, bound }) => (
                <Cell label={title} isNumber>
                  {text(figureOf(one))} of {text(bound)}
                </Cell>
              ))}
              <Cell label="State" isLine>
                <GuardState
                  missing={missing}
                  isBroken={columns.some((bound) => isPast(bound, one))}
                />
              </Cell>
            </tr>
          )
        })}
      </Table>
    </section>
  )
}

const GuardState: FC<{ readonly missing: number; readonly isBroken: boolean }> = ({
  missing,
  isBroken,
}) =>
  missing > 0 ? (
    <Chip sign="glass" tone="warn" word={`waits for ${countText(missing)} more`} />
  ) : isBroken ? (
    <Chip sign="cross" tone="bad" word="breaks its bound" />
  ) : (
    <Chip sign="check" tone="good" word="armed" />
  )

function isPast({ figureOf, bound }: Bound, variant: GuardedVariant): boolean {
  return (figureOf(variant) ?? Number.NEGATIVE_INFINITY) > bound
}

type Bound = {
  readonly title: string
  readonly bound: number
  readonly sentence: string
  readonly figureOf: (variant: GuardedVariant) => number | undefined
  readonly text: (figure: number | undefined) => string
}

function boundsOf({
  max_error_rate,
  max_p95_ms,
  max_refused_excess,
}: DeploymentGuard): readonly Bound[] {
  return [
    max_error_rate === undefined
      ? undefined
      : {
          ...{ title: 'Errors', bound: max_error_rate, text: percentText },
          sentence: `more than ${percentText(max_error_rate)} are errors`,
          figureOf: (one: GuardedVariant) => one.errorRate,
        },
    max_p95_ms === undefined
      ? undefined
      : {
          ...{ title: 'p95', bound: max_p95_ms, text: msText },
          sentence: `the slowest 5 % take more than ${msText(max_p95_ms)}`,
          figureOf: (one: GuardedVariant) => one.p95Ms,
        },
    max_refused_excess === undefined
      ? undefined
      : {
          ...{ title: 'Refused above the others', bound: max_refused_excess, text: percentText },
          sentence: `it refuses by ${percentText(max_refused_excess)} of them more than the others do`,
          figureOf: (one: GuardedVariant) => one.refusedExcess,
        },
  ].filter((one) => one !== undefined)
}

/** `Nearest bound: challenger, p95 31 ms of 500 ms.` */
function nearestText(guarded: readonly GuardedVariant[], bounds: readonly Bound[]): string {
  const [nearest] = guarded
    .flatMap(({ name, ...one }) =>
      bounds.map(({ figureOf, bound, ...shown }) => {
        const figure = figureOf({ name, ...one })
        const part = figure === undefined ? Number.NEGATIVE_INFINITY : figure / (bound || 1e-9)
        return { ...shown, name, figure, bound, part }
      }),
    )
    .filter(({ part }) => part > 0)
    .sort((a, b) => b.part - a.part)
  if (!nearest) return ''
  const { name, title, text, figure, bound, part } = nearest
  return `Nearest to its bound is ${name}: ${title} ${text(figure)} of ${text(bound)}, ${numberText(Math.round(100 * Math.min(part, 1)))} % of it.`
}
