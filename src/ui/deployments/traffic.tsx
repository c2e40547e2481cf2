import type { Child, FC } from 'hono/jsx'
import { quantileOf } from '../../router/latencies.ts'
import type { CountsOfOne } from '../../serving/counts/read-counts.ts'
import type { Deployment } from '../../serving/deployments.ts'
import type { MeantVersion } from '../../serving/replicas.ts'
import { StageChip } from '../parts/chips.tsx'
import { Cell, Table } from '../parts/table.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { countText, Given, numberText, percentText, visibleText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import { msText } from './figures.ts'
import { type DeploymentStanding, sharesOf, shownWindows } from './read-deployment.ts'
import { weightQuery, withoutVariant } from './weights-query.ts'

type TrafficProps = { readonly standing: DeploymentStanding; readonly to: Paths }

/** Who gets how much, and how each does, over the time that was chosen. */
export const Traffic: FC<TrafficProps> = (props) => {
  const { standing, to } = props
  const { deployment, window } = standing
  const { name, shadows = [], sticky } = deployment
  return (
    <section class="near" aria-labelledby="traffic">
      <h2 id="traffic">Traffic</h2>
      <Tabs
        label="Time until now"
        items={shownWindows
          .toSorted((a, b) => a.ms - b.ms)
          .map((one) => ({
            href: to.query(to.deployment(name), {
              window: one === shownWindows[0] ? undefined : one.name,
            }),
            text: one.text,
            isCurrent: one === window,
          }))}
      />
      <div class="near" data-part="traffic" data-steady>
        <VariantTable {...props} />
        {shadows.length > 0 ? <ShadowTable {...props} /> : null}
        <p class="hint">
          {sticky
            ? `Requests with the same ${sticky.header} meet the same variant while the weights stand; those without it are spread by chance. `
            : 'Each request is spread by chance. '}
          Errors are no answer, or a status from 500 on; refused are those from 400 to 499.
        </p>
      </div>
    </section>
  )
}

const VariantTable: FC<TrafficProps> = ({ standing, to }) => {
  const { deployment, wanted, whyNotChange } = standing
  const { name, variants } = deployment
  const shares = sharesOf(deployment)
  const answering = variants.filter(({ weight }) => weight > 0).length
  return (
    <Table
      caption="Variants, and how they did"
      isCards
      columns={[
        'Variant',
        'Version',
        { title: 'Weight', isNumber: true },
        ...figureColumns,
        ...(whyNotChange === undefined ? ['Change'] : []),
      ]}
    >
      {variants.map((variant) => {
        const share = shares.get(variant.name) ?? 0
        return (
          <tr>
            <th scope="row">{variant.name}</th>
            <Cell label="Version" isLine>
              <Meant target={variant} {...{ wanted, deployment, to }} />
            </Cell>
            <Cell label="Weight" isNumber isLine>
              {percentText(share)}
              <meter
                class="share"
                min={0}
                max={1}
                value={share}
                aria-label={`Share of ${variant.name}`}
              />
            </Cell>
            <Figures counts={countsOf(standing, 'variant', variant.name)} standing={standing} />
            {whyNotChange === undefined ? (
              <Cell label="Change" isLine>
                {variant.weight > 0 && answering > 1 ? (
                  <a
                    href={to.query(
                      to.traffic(name),
                      weightQuery(withoutVariant(variants, variant.name)),
                    )}
                  >
                    Take out…
                  </a>
                ) : null}{' '}
                <PromoteLink meant={wanted.get(variant.uri ?? '')} {...{ deployment, to }} />
              </Cell>
            ) : null}
          </tr>
        )
      })}
    </Table>
  )
}

/** The way of a variant that won: its version enters the stage, or asks to. */
const PromoteLink: FC<{
  readonly meant: MeantVersion | undefined
  readonly deployment: Deployment
  readonly to: Paths
}> = ({ meant, deployment: { model }, to }) =>
  meant === undefined || meant.stage === productionStage ? null : (
    <a href={to.query(to.promote(model, meant.version), { to: productionStage })}>Promote…</a>
  )

const productionStage = 'Production'

const ShadowTable: FC<TrafficProps> = ({ standing, to }) => {
  const { deployment, wanted } = standing
  return (
    <Table
      caption="Shadows, which get copies and answer nobody"
      isCards
      columns={[
        'Shadow',
        'Version',
        { title: 'Sample', isNumber: true },
        { title: 'Agreement', isNumber: true },
        { title: 'Largest difference', isNumber: true },
        ...figureColumns,
        { title: 'Skipped', isNumber: true },
      ]}
    >
      {deployment.shadows?.map((shadow) => {
        const counts = countsOf(standing, 'shadow', shadow.name)
        const { compared = 0, agreed = 0, differenceMax = 0 } = counts ?? {}
        return (
          <tr>
            <th scope="row">{shadow.name}</th>
            <Cell label="Version" isLine>
              <Meant target={shadow} {...{ wanted, deployment, to }} />
            </Cell>
            <Cell label="Sample" isNumber isLine>
              {percentText(shadow.sample)}
            </Cell>
            <Cell label="Agreement" isNumber isLine>
              {compared === 0
                ? '–'
                : `${percentText(agreed / compared)} (${countText(agreed)} of ${countText(compared)})`}
            </Cell>
            <Cell label="Largest difference" isNumber>
              {compared === 0 ? '–' : numberText(differenceMax)}
            </Cell>
            <Figures counts={counts} standing={standing} />
            <Cell label="Skipped" isNumber>
              {countText(counts?.skipped ?? 0)}
            </Cell>
          </tr>
        )
      })}
    </Table>
  )
}

const figures = ['Requests/s', 'Requests', 'Errors', 'Refused', 'p50', 'p95', 'p99'] as const
const figureColumns = figures.map((title) => ({ title, isNumber: true as const }))

type FiguresProps = {
  readonly counts: CountsOfOne | undefined
  readonly standing: DeploymentStanding
}

const Figures: FC<FiguresProps> = ({ counts, standing }) => {
  const shown = counts && figuresOf(counts, standing)
  return (
    <>
      {figures.map((label) => (
        <Cell label={label} isNumber>
          {shown ? shown[label] : <span class="soft">–</span>}
        </Cell>
      ))}
    </>
  )
}

function figuresOf(
  { requests, errors, refused, latencies }: CountsOfOne,
  { sinceMs, untilMs, deployment }: DeploymentStanding,
): Readonly<Record<(typeof figures)[number], Child>> {
  const partOf = (part: number) => percentText(requests > 0 ? part / requests : undefined)
  const errorsMax = requests * (deployment.guard?.max_error_rate ?? 1)
  const seconds = Math.max(1, (untilMs - sinceMs) / 1000)
  return {
    'Requests/s': numberText(roundedRate(requests / seconds)),
    Requests: countText(requests),
    Errors: <span class={errors > errorsMax ? 'bad-text' : undefined}>{partOf(errors)}</span>,
    Refused: partOf(refused),
    p50: msText(quantileOf(latencies, 0.5)),
    p95: msText(quantileOf(latencies, 0.95)),
    p99: msText(quantileOf(latencies, 0.99)),
  }
}

/** Two digits are enough to compare by eye. */
function roundedRate(rate: number): number {
  return rate >= 100 ? Math.round(rate) : Number(rate.toPrecision(2))
}

function countsOf(
  { stats }: Pick<DeploymentStanding, 'stats'>,
  kind: 'variant' | 'shadow',
  name: string,
): CountsOfOne | undefined {
  return stats.find((one) => one.kind === kind && one.name === name)?.all
}

type MeantProps = Pick<DeploymentStanding, 'wanted' | 'deployment'> & {
  readonly target: Deployment['variants'][number] | NonNullable<Deployment['shadows']>[number]
  readonly to: Paths
}

/** The version that a variant follows now, or where others run it. */
const Meant: FC<MeantProps> = ({ target: { uri, url }, wanted, deployment: { model }, to }) => {
  if (uri === undefined) return <Given text={url ?? ''} />
  const meant = wanted.get(uri)
  const selector = visibleText(uri.replace(/^models:\/[^/@]*\/?/, ''))
  if (!meant) return <span class="warn-text">none in {selector}</span>
  return (
    <span class="row">
      <a href={to.version(model, meant.version)}>Version {meant.version}</a>
      <StageChip stage={meant.stage} />
      {selector.toLowerCase() === meant.stage.toLowerCase() ? null : (
        <span class="soft">
          follows <bdi>{selector}</bdi>
        </span>
      )}
    </span>
  )
}
