import type { FC } from 'hono/jsx'
import type { ModelVersion } from '../../../registry/versions/read-versions.ts'
import type { FormProblem } from '../../forms.ts'
import { Chip, StageChip } from '../../parts/chips.tsx'
import { Problem } from '../../parts/fields.tsx'
import type { Paths } from '../../paths.ts'
import { type VersionsQuery, versionsAddress, versionsTerms } from './compare-query.ts'

type StripProps = {
  readonly name: string
  readonly query: VersionsQuery
  /** In the order of the address. */
  readonly versions: readonly ModelVersion[]
  readonly to: Paths
  /** What somebody wanted to add, where that could not be. */
  readonly added: string | undefined
  readonly problem: FormProblem | undefined
}

/** The versions that are compared: each may become the base or leave, and others may come. */
export const VersionStrip: FC<StripProps> = ({ name, query, versions, to, added, problem }) => (
  <section class="near" aria-label="Versions that are compared">
    <ul class="strip">
      {versions.map(({ version, stage }, place) => (
        <li>
          <StageChip stage={stage} more={String(version)} href={to.version(name, version)} />
          {place === 0 ? (
            <Chip sign="ring" tone="" word="base" title="Others are compared with it" />
          ) : (
            <a href={versionsAddress(to, name, { ...query, numbers: based(query, version) })}>
              make base<span class="unseen">: version {version}</span>
            </a>
          )}
          {versions.length > 2 ? (
            <a
              class="button leave"
              href={versionsAddress(to, name, { ...query, numbers: without(query, version) })}
              title="Leave it out"
            >
              <span aria-hidden="true">×</span>
              <span class="unseen">Leave out version {version}</span>
            </a>
          ) : null}
        </li>
      ))}
    </ul>
    <form class="search add-run" method="get" action={`${to.model(name)}/compare`}>
      {versionsTerms(query).map(([key, value]) => (
        <input type="hidden" name={key} value={value} />
      ))}
      <Problem of={problem} />
      <label>
        Add a version
        <input
          name="add"
          value={added ?? ''}
          inputmode="numeric"
          autocomplete="off"
          required
          aria-invalid={problem ? 'true' : undefined}
          aria-describedby={problem ? 'problem' : undefined}
        />
      </label>
      <button type="submit" class="quiet">
        Add
      </button>
      <a class="button quiet" href={to.versions(name)}>
        Choose in the table
      </a>
    </form>
  </section>
)

function based({ numbers }: VersionsQuery, base: number): number[] {
  return [base, ...without({ numbers }, base)]
}

function without({ numbers }: Pick<VersionsQuery, 'numbers'>, version: number): number[] {
  return numbers.filter((one) => one !== version)
}
