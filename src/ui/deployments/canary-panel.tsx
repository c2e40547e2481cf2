import type { FC } from 'hono/jsx'
import type { Variant } from '../../router/split.ts'
import type { CanaryChange } from '../../serving/canary.ts'
import type { CanaryState } from '../../serving/deployment-guard.ts'
import { Time } from '../parts/byline.tsx'
import { Chip, StageChip } from '../parts/chips.tsx'
import { countText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import type { DeploymentStanding } from './read-deployment.ts'

/** The steps that are under way, and what somebody may do with them; nothing where there are none. */
export const CanaryPanel: FC<{ readonly standing: DeploymentStanding; readonly to: Paths }> = ({
  standing: { deployment, whyNotChange },
  to,
}) => {
  const { name, canary, variants } = deployment
  if (!canary) return null
  const steps = variants.find((one) => one.name === canary.variant)?.steps ?? []
  const isPaused = canary.due_at_ms === undefined
  return (
    <section class="near" aria-labelledby="canary" data-part="canary">
      <h2 id="canary">Steps of {canary.variant}</h2>
      <ol class="plain">
        {steps.map((step, i) => (
          <Step {...{ step, canary }} number={i} />
        ))}
      </ol>
      {whyNotChange === undefined ? (
        <p class="row">
          {changesOf(isPaused).map((change) => (
            <a class="button quiet" href={to.query(to.canary(name), { change })} data-dialog>
              {canaryButtons[change]}…
            </a>
          ))}
        </p>
      ) : null}
    </section>
  )
}

type StepProps = {
  readonly step: NonNullable<Variant['steps']>[number]
  /** From 0. */
  readonly number: number
  readonly canary: CanaryState
}

const Step: FC<StepProps> = ({ step: { weight, minutes, then }, number, canary }) => {
  const isNow = number === canary.step
  return (
    <li class="row" aria-current={isNow ? 'step' : undefined}>
      <Chip {...lookOf(number, canary)} />
      <span>
        {weight} %{minutes === undefined ? '' : ` for ${countText(minutes)} min`}
        {then ? ', then into' : ''}
      </span>
      {then ? <StageChip stage={then.stage} /> : null}
      {isNow && canary.due_at_ms !== undefined ? (
        <span class="soft">
          until <Time atMs={canary.due_at_ms} isExact />
        </span>
      ) : null}
    </li>
  )
}

function lookOf(number: number, { step, due_at_ms }: CanaryState) {
  if (number < step) return { sign: 'check', tone: 'good', word: 'done' } as const
  if (number > step) return { sign: 'ring', tone: '', word: 'to come' } as const
  if (due_at_ms === undefined) return { sign: 'glass', tone: 'warn', word: 'paused' } as const
  return { sign: 'up', tone: 'info', word: 'now' } as const
}

function changesOf(isPaused: boolean): readonly CanaryChange[] {
  return [isPaused ? 'resume' : 'pause', 'promote', 'rollback']
}

/** What the buttons say. */
export const canaryButtons: Readonly<Record<CanaryChange, string>> = {
  pause: 'Pause the steps',
  resume: 'Go on with the steps',
  promote: 'Go to the last step',
  rollback: 'Back to before the first step',
}
