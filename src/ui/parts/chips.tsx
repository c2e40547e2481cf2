import type { FC } from 'hono/jsx'
import { cutText } from '../../core/error.ts'
import { isMlflowStage } from '../../registry/stages/stages.ts'
import { Sign, type SignName } from './sign.tsx'
import { Given, visibleText } from './text.tsx'

type Look = { readonly sign: SignName; readonly tone: string; readonly word?: string }

const stages: Readonly<Record<string, Look>> = {
  None: { sign: 'ring', tone: '' },
  Staging: { sign: 'half', tone: 'info' },
  Production: { sign: 'full', tone: 'good' },
  Archived: { sign: 'box', tone: 'archived' },
}

/** A stage, by its canonical name, and what is in it where that is to stand there too. */
export const StageChip: FC<{
  readonly stage: string
  readonly more?: string
  readonly href?: string
}> = ({ stage, more, ...rest }) => (
  <Chip {...lookOfStage(stage)} word={more === undefined ? stage : `${stage} ${more}`} {...rest} />
)

/** The sign of a stage, where its word stands elsewhere. */
export const StageSign: FC<{ readonly stage: string }> = ({ stage }) => (
  <Sign of={lookOfStage(stage).sign} />
)

/** The colour of a stage, where its chip stands beside; empty: it serves nobody. */
export function toneOfStage(stage: string): string {
  return lookOfStage(stage).tone
}

function lookOfStage(stage: string): Look {
  const look = isMlflowStage(stage) ? stages[stage] : undefined
  return look ?? { sign: 'diamond', tone: 'special' }
}

const statuses: Readonly<Record<string, Look>> = {
  passed: { sign: 'check', tone: 'good' },
  delivered: { sign: 'check', tone: 'good' },
  failed: { sign: 'cross', tone: 'bad' },
  pending: { sign: 'glass', tone: 'warn' },
  queued: { sign: 'glass', tone: 'warn' },
  open: { sign: 'glass', tone: 'info' },
  merged: { sign: 'merge', tone: 'good' },
  rejected: { sign: 'cross', tone: 'bad' },
  closed: { sign: 'none', tone: '' },
  expired: { sign: 'none', tone: '' },
  superseded: { sign: 'none', tone: '' },
  'merged by break-glass': { sign: 'warning', tone: 'warn' },
}

/** How a gate, a check or a request stands. */
export const StatusChip: FC<{ readonly status: string }> = ({ status }) => (
  <Chip
    {...((Object.hasOwn(statuses, status) ? statuses[status] : undefined) ?? {
      sign: 'ring',
      tone: '',
    })}
    word={status}
  />
)

type ChipProps = Required<Look> & { readonly href?: string; readonly title?: string }

/** A sign and a word that says the same. */
export const Chip: FC<ChipProps> = ({ sign, tone, word, href, title }) => {
  const inside = (
    <>
      <Sign of={sign} />
      <bdi>{visibleText(word)}</bdi>
    </>
  )
  const look = tone === '' ? 'chip' : `chip ${tone}`
  return href === undefined ? (
    <span class={look} title={title}>
      {inside}
    </span>
  ) : (
    <a class={look} href={href} title={title}>
      {inside}
    </a>
  )
}

const shownMax = 5

type TagText = { readonly key: string; readonly value: string }

/** `key=value`, the first few of them, with a link each where there is something of the same tag. */
export const Tags: FC<{
  readonly of: readonly TagText[]
  readonly hrefOf?: (tag: TagText) => string | undefined
}> = ({ of, hrefOf }) =>
  of.length === 0 ? null : (
    <span class="row">
      {of.slice(0, shownMax).map((tag) => (
        <TagChip tag={tag} href={hrefOf?.(tag)} />
      ))}
      {of.length > shownMax ? <span class="soft">+{of.length - shownMax}</span> : null}
    </span>
  )

const TagChip: FC<{ readonly tag: TagText; readonly href: string | undefined }> = ({
  tag: { key, value },
  href,
}) => {
  const whole = value === '' ? key : `${key}=${value}`
  const text = <bdi>{visibleText(shortened(whole))}</bdi>
  const title = visibleText(cutText(`${key}=${value}`, titleCharsMax))
  return href === undefined ? (
    <span class="chip" title={title}>
      {text}
    </span>
  ) : (
    <a class="chip" href={href} title={title}>
      {text}
    </a>
  )
}

/** A tag may have 5,000 characters. */
const titleCharsMax = 240
const charsMax = 60

function shortened(text: string): string {
  const [...chars] = text
  return chars.length > charsMax ? `${chars.slice(0, charsMax - 1).join('')}…` : text
}

/** The aliases that point at one version. */
export const AliasChips: FC<{ readonly aliases: readonly string[] }> = ({ aliases }) => (
  <>
    {aliases.slice(0, shownMax).map((alias) => (
      <Chip sign="up" tone="special" word={`@${alias}`} />
    ))}
    {aliases.length > shownMax ? <span class="soft">+{aliases.length - shownMax}</span> : null}
  </>
)

/** The aliases of a model, each with the version that it points at. */
export const AliasList: FC<{
  readonly aliases: readonly { readonly alias: string; readonly version: number }[]
}> = ({ aliases }) => (
  <>
    {aliases.slice(0, shownMax).map(({ alias, version }, i) => (
      <>
        {i > 0 ? ', ' : ''}
        @<Given text={alias} /> {version}
      </>
    ))}
    {aliases.length > shownMax ? ` +${aliases.length - shownMax}` : ''}
  </>
)
