import type { FC } from 'hono/jsx'
import { Chip } from '../parts/chips.tsx'

type KeyChipProps = {
  readonly hint: string
  /** As it is trusted now; undefined: it is no more. */
  readonly name: string | undefined
}

/** By which key something was signed, and whether that counts. */
export const KeyChip: FC<KeyChipProps> = ({ hint, name }) =>
  name === undefined ? (
    <Chip
      sign="warning"
      tone="warn"
      word={`key ${hint.slice(0, 8)} is not trusted any more`}
      title={hint}
    />
  ) : (
    <Chip sign="seal" tone="good" word={`trusted as ${name}`} title={hint} />
  )
