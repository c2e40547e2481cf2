import type { FC } from 'hono/jsx'
import { quotedText } from '../../search/words.ts'
import { Chip, StageChip } from '../parts/chips.tsx'
import { countText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import type { CatalogueCounts } from './catalogue.ts'

type ChipsProps = {
  readonly counts: CatalogueCounts
  readonly to: Paths
  /** The filter that is shown. */
  readonly words: string
  readonly isAsked: boolean
}

/** What people look for most in the catalogue, with how many models that are. */
export const CatalogueChips: FC<ChipsProps> = ({ counts, to, words, isAsked }) => {
  const { byStage, asked, changed, sinceMs } = counts
  const hrefOf = (q: string) => to.query(to.models, { q })
  const hasFilter = words !== '' || isAsked
  return (
    <p class="row" data-part="chips">
      {[...byStage].map(([stage, count]) => (
        <StageChip
          stage={stage}
          more={countText(count)}
          href={hrefOf(`stage = ${quotedText(stage)}`)}
        />
      ))}
      {asked === 0 ? null : (
        <Chip
          sign="glass"
          tone="info"
          word={`open requests ${countText(asked)}`}
          href={to.query(to.models, { requests: 'open' })}
        />
      )}
      {changed === 0 ? null : (
        <Chip
          sign="up"
          tone=""
          word={`changed this week ${countText(changed)}`}
          href={to.query(to.models, {
            q: `last_updated_timestamp > ${sinceMs}`,
            sort: 'changed',
          })}
        />
      )}
      {hasFilter ? <a href={to.models}>All {countText(counts.models)} models</a> : null}
    </p>
  )
}
