import type { FC } from 'hono/jsx'
import type { FormProblem } from '../../forms.ts'
import { Problem } from '../../parts/fields.tsx'
import { TimeField } from '../../parts/time-field.tsx'
import type { Paths } from '../../paths.ts'

type AtFormProps = {
  readonly name: string
  /** As it was given; undefined: now. */
  readonly at?: string
  readonly to: Paths
  readonly problem?: FormProblem | undefined
}

/** Asks for a model as it was at a moment. */
export const AtForm: FC<AtFormProps> = ({ name, at, to, problem }) => (
  <form class="fields-row audit-filter" method="get" action={to.model(name)}>
    <Problem of={problem} />
    <TimeField
      label="As it was at (UTC)"
      name="at"
      value={at}
      isRequired
      isWrong={problem !== undefined}
    />
    <button type="submit" class="quiet">
      Show
    </button>
  </form>
)
