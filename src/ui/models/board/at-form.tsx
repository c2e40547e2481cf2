import type { FC } from 'hono/jsx'
import { fieldTextOf } from '../../audit/audit-query.ts'
import type { FormProblem } from '../../forms.ts'
import { Problem } from '../../parts/fields.tsx'
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
    <label>
      As it was at (UTC)
      <input
        type="datetime-local"
        name="at"
        value={fieldTextOf(at)}
        step="1"
        required
        aria-invalid={problem ? 'true' : undefined}
        aria-describedby={problem ? 'problem' : undefined}
      />
    </label>
    <button type="submit" class="quiet">
      Show
    </button>
  </form>
)
