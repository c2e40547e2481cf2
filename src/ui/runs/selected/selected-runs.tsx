import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import { getExperiments } from '../../../tracking/experiments/experiment.ts'
import { requireRuns } from '../../../tracking/permissions.ts'
import { setRunTags } from '../../../tracking/run-data/run-tags.ts'
import { readCellsOfIds } from '../../../tracking/runs/run-cells.ts'
import { deleteRuns, restoreRuns } from '../../../tracking/runs/update-run.ts'
import { changeOn, checkGiven, type Reshown, readNothing } from '../../changes/change.ts'
import { findRefusal } from '../../forms.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { addressOfSelected, runIdsIn, runsQueryOf } from '../table/run-query.ts'
import { SelectedRunsPage } from './selected-runs-page.tsx'

/** `GET /runs/change?sel=&tag=`, and what the table of runs takes. */
export async function showSelectedRuns(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const { query, tag } = selectionOf(c)
  const { selected } = query
  const tags = tag === undefined ? [] : [tag]
  const [frame, runs, edit, manage] = await Promise.all([
    frameOf(c),
    readCellsOfIds(ctx, selected, { metrics: [], extremes: [], params: [], tags }),
    findRefusal(requireRuns(ctx, selected, 'EDIT')),
    findRefusal(requireRuns(ctx, selected, 'MANAGE')),
  ])
  const experiments = await getExperiments(ctx, [
    ...new Set(runs.map(({ info }) => info.experimentId)),
  ])
  const page = (
    <SelectedRunsPage
      {...{ frame, query, tag, runs, experiments, ...shown, whyNot: { edit, manage } }}
    />
  )
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

function selectionOf(c: AppContext) {
  const query = { ...runsQueryOf(c), selected: runIdsIn(c) }
  return { query, tag: optionalQuery(c, 'tag') }
}

const change = changeOn({
  show: showSelectedRuns,
  atOf: selectionOf,
  addressOf: (to, { query, tag }) => addressOfSelected(to, query, tag),
})

/** `POST /runs/change/tags?sel=`: sets one tag of all selected runs that are active. */
export const postTag = change({
  operation: 'setTag',
  read: (form) => ({ key: form.text('key') ?? '', value: form.text('value') ?? '' }),
  rule: (ctx, { query }) => requireRuns(ctx, query.selected, 'EDIT'),
  field: 'key',
  make: (ctx, { query, key, value }) =>
    setRunTags(ctx, query.selected, { key: checkGiven(key, 'The key of the tag'), value }),
  next: (to, { query, key }) => addressOfSelected(to, query, key),
})

/** `POST /runs/change/delete?sel=` */
export const postDeletion = change({
  operation: 'deleteRun',
  read: readNothing,
  rule: (ctx, { query }) => requireRuns(ctx, query.selected, 'MANAGE'),
  make: (ctx, { query }) => deleteRuns(ctx, query.selected),
})

/** `POST /runs/change/restore?sel=` */
export const postRestoring = change({
  operation: 'restoreRun',
  read: readNothing,
  rule: (ctx, { query }) => requireRuns(ctx, query.selected, 'MANAGE'),
  make: (ctx, { query }) => restoreRuns(ctx, query.selected),
})
