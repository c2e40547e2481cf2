import type { FC } from 'hono/jsx'
import type { KeyValue } from '../../tracking/run.ts'
import { LineField, Problem } from '../parts/fields.tsx'
import { isOwnTag, noteOf } from '../parts/own-tags.ts'
import type { Reshown } from './change.ts'
import { Changes, DescriptionForm, TagForms } from './change-forms.tsx'

/** Why the caller may not; undefined: they may. */
export type TrackedRights = {
  readonly edit: string | undefined
  readonly manage: string | undefined
}

type TrackedFormsProps = Reshown & {
  readonly what: 'experiment' | 'run'
  /** The page of the experiment or run, which the forms post below. */
  readonly path: string
  readonly of: {
    readonly name: string
    readonly tags: readonly KeyValue[]
    readonly lifecycleStage: string
  }
  readonly whyNot: TrackedRights
  /** What deleting means, and restoring. */
  readonly deletion: string
  readonly restoring: string
}

/** The forms that experiments and runs have alike. */
export const TrackedForms: FC<TrackedFormsProps> = ({ what, path, of, whyNot, ...props }) => {
  const { problem, typed } = props
  const { name, tags } = of
  const isDeleted = of.lifecycleStage === 'deleted'
  return (
    <div class="dialog">
      <Problem of={problem} />
      <Changes id="name" title="Name" whyNot={whyNot.edit}>
        <form method="post" action={`${path}/name`} class="fields-row">
          <LineField
            label="Name"
            name="name"
            isRequired
            {...{ problem, typed: typed?.('name') ?? name }}
          />
          <button type="submit">Rename</button>
        </form>
      </Changes>
      <Changes id="description" title="Description" whyNot={whyNot.edit}>
        <DescriptionForm
          action={`${path}/description`}
          text={noteOf(tags)}
          {...{ problem, typed }}
        />
      </Changes>
      <Changes id="tags" title="Tags" whyNot={whyNot.edit}>
        <TagForms
          action={`${path}/tags`}
          tags={tags.filter(isOwnTag)}
          whyNotRemove={undefined}
          {...{ problem, typed }}
        />
      </Changes>
      <Changes id="delete" title={isDeleted ? 'Restore' : 'Delete'} whyNot={whyNot.manage}>
        <form method="post" action={`${path}/${isDeleted ? 'restore' : 'delete'}`}>
          <p class="soft">{isDeleted ? props.restoring : props.deletion}</p>
          <div>
            <button type="submit" class={isDeleted ? '' : 'danger'}>
              {isDeleted ? 'Restore' : 'Delete'} {what}
            </button>
          </div>
        </form>
      </Changes>
    </div>
  )
}
