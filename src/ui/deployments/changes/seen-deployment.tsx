import type { FC } from 'hono/jsx'
import { invalid } from '../../../core/error.ts'
import type { SeenDeployment } from '../../../serving/change-weights.ts'
import type { Deployment } from '../../../serving/deployments.ts'
import type { FormFields } from '../../forms.ts'
import { Given } from '../../parts/text.tsx'
import { numberIn } from '../../paths.ts'

/** The deployment and the revision that a form was shown with; no other is changed by it. */
export const SeenFields: FC<{ readonly deployment: Deployment }> = ({
  deployment: { id, revision, updatedBy },
}) => (
  <>
    <input type="hidden" name="seen_id" value={String(id)} />
    <input type="hidden" name="seen_revision" value={String(revision)} />
    <p class="hint">
      Revision {revision}, by <Given text={updatedBy} />. Where somebody changes it meanwhile,
      nothing is done.
    </p>
  </>
)

/** @throws INVALID_PARAMETER_VALUE the form does not say it */
export function seenIn(form: FormFields): Required<SeenDeployment> {
  const [id, revision] = [numberIn(form.text('seen_id')), numberIn(form.text('seen_revision'))]
  if (id && revision) return { id, revision }
  throw invalid('The form does not say which revision was seen')
}
