import type { FC } from 'hono/jsx'
import type { LabelSchema } from '../../../judging/labels/label-schema.ts'
import type { Experiment } from '../../../tracking/experiments/experiment.ts'
import type { Reshown } from '../../changes/change.ts'
import { Changes, DeleteForm } from '../../changes/change-forms.tsx'
import { Time } from '../../parts/byline.tsx'
import { Problem } from '../../parts/fields.tsx'
import { Excerpt } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'
import { experimentCrumbs, Page } from '../../shell/page.tsx'
import { Question } from '../reviews/answers.tsx'
import { answerKindOf, answerKinds, SchemaFields } from './schema-fields.tsx'

type LabelSchemaPageProps = {
  readonly frame: Frame
  readonly schema: LabelSchema
  readonly experiment: Experiment
  /** Why the caller may not change it; undefined: they may. */
  readonly whyNot: string | undefined
  readonly shown: Reshown
}

const nameCharsMax = 80

/** One question that people answer about traces. */
export const LabelSchemaPage: FC<LabelSchemaPageProps> = (props) => {
  const { frame, schema, experiment, shown } = props
  const { to } = frame
  const { schemaId, name, type, input, createdAtMs, updatedAtMs, isDefault } = schema
  return (
    <Page
      frame={frame}
      title={`Question ${name.slice(0, nameCharsMax)}`}
      heading={<Excerpt text={name} charsMax={nameCharsMax} />}
      section="experiments"
      crumbs={[
        ...experimentCrumbs(to, experiment),
        { text: 'Reviews', href: to.reviews(experiment.id) },
        { text: 'Questions', href: to.labelSchemas(experiment.id) },
        { text: name.slice(0, nameCharsMax) },
      ]}
      about={
        <p class="soft">
          {answerKinds[answerKindOf(input)]}; an answer becomes{' '}
          {type === 'EXPECTATION' ? 'an expectation' : 'feedback'} of this name. Made{' '}
          <Time atMs={createdAtMs} />
          {updatedAtMs === createdAtMs ? null : (
            <>
              , changed <Time atMs={updatedAtMs} />
            </>
          )}
          .
        </p>
      }
      api={{ method: 'GET', path: `/api/3.0/mlflow/label-schemas/get?schema_id=${schemaId}` }}
    >
      <Problem of={shown.problem} />
      <section class="near" aria-labelledby="asked">
        <h2 id="asked">As it is asked</h2>
        <fieldset disabled class="plain">
          <legend class="unseen">As it is asked</legend>
          <Question schema={schema} before={undefined} />
        </fieldset>
      </section>
      {isDefault ? (
        <p class="soft">
          Every experiment has this question. It is asked where a queue names no other, and stays as
          it is.
        </p>
      ) : (
        <ChangeForms {...props} />
      )}
    </Page>
  )
}

const ChangeForms: FC<LabelSchemaPageProps> = ({ frame: { to }, schema, whyNot, shown }) => {
  const { schemaId, name, input, updatedAtMs } = schema
  const path = to.labelSchema(schemaId)
  const isOfChange = shown.typed?.('seen_updated') !== undefined
  return (
    <>
      <Changes
        id="change"
        title="Change it"
        whyNot={whyNot}
        intro={
          <p class="soft">
            Answers that were given stay as they are, under the name that they were given under.
          </p>
        }
      >
        <form method="post" action={path}>
          <input type="hidden" name="seen_updated" value={String(updatedAtMs)} />
          <SchemaFields kind={answerKindOf(input)} kept={schema} {...(isOfChange && shown)} />
          <div>
            <button type="submit">Save the question</button>
          </div>
        </form>
      </Changes>
      <Changes id="delete" title="Delete it" whyNot={whyNot}>
        <DeleteForm
          action={`${path}/delete`}
          what={name}
          confirm={name}
          consequences={[
            'Queues ask it no longer; one that asked nothing else asks for feedback.',
            'Answers that were given stay.',
          ]}
          problem={isOfChange ? undefined : shown.problem}
        />
      </Changes>
    </>
  )
}
