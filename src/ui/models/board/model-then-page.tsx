import type { FC } from 'hono/jsx'
import type { BoardThen, StageColumnThen } from '../../../governance/history/board-then.ts'
import type { Holder } from '../../../governance/history/holders.ts'
import { isActive } from '../../../registry/stages/stages.ts'
import type { FormProblem } from '../../forms.ts'
import { dateTextOf } from '../../parts/byline.tsx'
import { StageChip } from '../../parts/chips.tsx'
import { countText, Given, visibleText } from '../../parts/text.tsx'
import type { Paths } from '../../paths.ts'
import type { Frame } from '../../shell/frame.ts'
import { modelCrumbs, Page } from '../../shell/page.tsx'
import { AtForm } from './at-form.tsx'
import { modelThenCalls } from './model-calls.ts'
import { SinceText } from './since-text.tsx'

export type StageThenColumn = StageColumnThen & {
  /** The list of stages does not have it any more. */
  readonly isRemoved: boolean
}

type ModelThenProps = {
  readonly frame: Frame
  /** As the address has it. */
  readonly name: string
  readonly at: string
  readonly atMs: number | undefined
  readonly stages: readonly StageThenColumn[]
  readonly board: BoardThen | undefined
  readonly problem: FormProblem | undefined
}

/** A model as it was at a moment, from the audit log alone; nothing can be done there. */
export const ModelThenPage: FC<ModelThenProps> = (props) => {
  const { frame, name, at, atMs, stages, board, problem } = props
  const { to } = frame
  const when =
    atMs === undefined ? '' : ` at ${dateTextOf(atMs).slice(0, 16).replace('T', ' ')} UTC`
  return (
    <Page
      frame={frame}
      title={`${name}${when}`}
      heading={<Given text={board?.model.nameThen ?? name} />}
      section="models"
      crumbs={[...modelCrumbs(to, name), { text: 'As of a moment' }]}
      api={board && atMs !== undefined ? modelThenCalls(to, board, dateTextOf(atMs)) : undefined}
    >
      {board ? <Band {...{ board, when, to }} /> : null}
      <AtForm {...{ name, at, to, problem }} />
      {board ? (
        <>
          <div class="board">
            {stages.map((column) => (
              <Column {...{ column, to }} nameNow={board.model.nameNow} />
            ))}
          </div>
          <Aliases board={board} to={to} />
        </>
      ) : null}
    </Page>
  )
}

const Band: FC<{ readonly board: BoardThen; readonly when: string; readonly to: Paths }> = ({
  board: {
    model: { nameThen, nameNow },
  },
  when,
  to,
}) => (
  <div class="notice warn">
    <p>
      As it was{when}, from the audit log alone.{' '}
      {nameNow === undefined ? (
        'The model was deleted since.'
      ) : (
        <a href={to.model(nameNow)}>As it is now</a>
      )}
    </p>
    {nameNow === undefined || nameNow === nameThen ? null : (
      <p>
        It is called <Given text={nameNow} /> today.
      </p>
    )}
  </div>
)

type ColumnProps = {
  readonly column: StageThenColumn
  readonly to: Paths
  readonly nameNow: string | undefined
}

const Column: FC<ColumnProps> = ({ column: { stage, count, newest, isRemoved }, to, nameNow }) => (
  <section
    class={isActive(stage) ? 'panel near' : 'panel near quiet-stage'}
    aria-label={visibleText(stage)}
  >
    <h2 class="row">
      <StageChip stage={stage} />
      {isRemoved ? <span class="hint">removed since</span> : null}
    </h2>
    {count === 0 ? <p class="soft">empty</p> : null}
    <ul class="plain lines">
      {newest.map((holder) => (
        <Card {...{ holder, to, nameNow }} />
      ))}
    </ul>
    {count > newest.length ? (
      <p class="soft">{countText(count - newest.length)} more, which the API lists</p>
    ) : null}
  </section>
)

const Card: FC<{
  readonly holder: Holder
  readonly to: Paths
  readonly nameNow: string | undefined
}> = ({ holder: { version, since, digest }, to, nameNow }) => (
  <li class="near">
    <p class="row">
      <strong>
        {nameNow === undefined ? (
          `Version ${version}`
        ) : (
          <a href={to.version(nameNow, version)}>Version {version}</a>
        )}
      </strong>
      {digest === undefined ? null : (
        <code title={digest}>{digest.replace('sha256:', '').slice(0, 8)}</code>
      )}
    </p>
    {since ? (
      <SinceText since={since} to={to} />
    ) : (
      <p class="soft">imported so, or there before the audit log began</p>
    )}
  </li>
)

const Aliases: FC<{ readonly board: BoardThen; readonly to: Paths }> = ({
  board: { aliases, hasMoreAliases, model },
  to,
}) =>
  aliases.length === 0 ? null : (
    <section class="near" aria-labelledby="aliases">
      <h2 id="aliases">Aliases</h2>
      <ul class="plain">
        {aliases.map(({ alias, version }) => (
          <li>
            <Given text={`@${alias}`} /> pointed at{' '}
            {model.nameNow === undefined ? (
              `version ${version}`
            ) : (
              <a href={to.version(model.nameNow, version)}>version {version}</a>
            )}
          </li>
        ))}
      </ul>
      {hasMoreAliases ? <p class="soft">There were more; these are the first by name.</p> : null}
    </section>
  )
