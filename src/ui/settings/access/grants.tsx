import {
  createGrant,
  deleteGrant,
  type Grant,
  listGrants,
  listGrantsFor,
  type NewGrant,
} from '../../../access/permissions/grants.ts'
import { rights } from '../../../access/permissions/right-names.ts'
import { requireGovernor } from '../../../access/permissions/workspace-rights.ts'
import { invalid } from '../../../core/error.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import { pagePrefix } from '../../../http/guards/workspace.ts'
import { matchModels } from '../../../registry/models/match-models.ts'
import { checkGiven, type Reshown } from '../../changes/change.ts'
import { type FormFields, formAction, noteProblem } from '../../forms.ts'
import { numberIn, pathsUnder } from '../../paths.ts'
import { sendPage } from '../../shell/page.tsx'
import { settingsFrameOf } from '../settings-frame.ts'
import { GrantConfirmPage, GrantsPage } from './grants-page.tsx'

const perPage = 100

/** `GET /settings/grants?model=&after=`: all, or who may what with one model. */
export async function showGrants(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const model = optionalQuery(c, 'model')
  const after = optionalQuery(c, 'after')
  const [frame, all, ofModel] = await Promise.all([
    settingsFrameOf(c),
    listGrants(ctx, perPage, after),
    model === undefined ? undefined : listGrantsFor(ctx, model),
  ])
  const page = (
    <GrantsPage
      {...{ frame, model, ofModel, grants: all.items, next: all.nextPageToken, ...shown }}
    />
  )
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

/** `POST /settings/grants`: what the grant would mean; with `confirmed`, the grant. */
export const postGrant = formAction({
  operation: 'createGrant',
  rule: requireGovernor,
  async run(ctx, c, form) {
    try {
      const wanted = grantIn(form)
      if (form.isChecked('confirmed')) {
        await createGrant(ctx, wanted)
        return c.redirect(`${pathsUnder(pagePrefix(c)).settings}/grants`, 303)
      }
      const [frame, namesOf, alike] = await Promise.all([
        settingsFrameOf(c),
        matchModels(ctx, [wanted.models]),
        listGrantsFor(ctx, wanted.models),
      ])
      const isFirst = !alike.some((grant) => namesSame(grant, wanted))
      const names = namesOf(wanted.models)
      const page = <GrantConfirmPage {...{ frame, wanted, names, isFirst }} />
      return await sendPage(c, { frame, page })
    } catch (err) {
      const problem = await noteProblem(c, err, 'principal')
      return showGrants(c, { problem, typed: (field) => form.text(field) })
    }
  },
})

/** Whether a grant already leaves what the other one gives to its holders alone. */
function namesSame(grant: Grant, wanted: NewGrant): boolean {
  const placeOf = ({ stage, alias }: NewGrant) => stage ?? alias
  return grant.action === wanted.action && placeOf(grant) === placeOf(wanted)
}

/** @throws INVALID_PARAMETER_VALUE something is missing, or there is no such right */
function grantIn(form: FormFields): NewGrant {
  const action = rights.find((right) => right === form.text('action'))
  if (action === undefined) throw invalid('There is no such right')
  const place = form.text('place_name')
  return {
    principal: checkGiven(form.text('principal'), 'Who gets it'),
    action,
    models: checkGiven(form.text('models'), 'The glob of models'),
    ...(place !== undefined && { [form.text('place') === 'alias' ? 'alias' : 'stage']: place }),
  }
}

/** `POST /settings/grants/delete` */
export const postGrantDeletion = formAction({
  operation: 'deleteGrant',
  rule: requireGovernor,
  async run(ctx, c, form) {
    try {
      const id = numberIn(form.text('id'))
      if (id === undefined) throw invalid('The form does not say which grant')
      await deleteGrant(ctx, id)
    } catch (err) {
      return showGrants(c, { problem: await noteProblem(c, err) })
    }
    return c.redirect(`${pathsUnder(pagePrefix(c)).settings}/grants`, 303)
  },
})
