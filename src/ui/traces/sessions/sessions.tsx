import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import { listSessions } from '../../../traces/reading/list-sessions.ts'
import { searchTraces } from '../../../traces/search/search-traces.ts'
import { getExperiment } from '../../../tracking/experiments/experiment.ts'
import { experimentIdOf } from '../../addressed.ts'
import { frameOf } from '../../shell/frame.ts'
import { sendPage } from '../../shell/page.tsx'
import { SessionPage } from './session-page.tsx'
import { SessionsPage } from './sessions-page.tsx'

/** Turns of a conversation on one page. */
const turnsMax = 20
/** Of so many of the newest traces, sessions are listed. */
const most = { traces: 5000, sessions: 100 }

/** `GET /experiments/{id}/sessions`, and `?id=&after=` for one of them. */
export async function showSessions(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const id = experimentIdOf(c)
  const session = optionalQuery(c, 'id')
  if (session !== undefined) return showSession(c, id, session)
  const [frame, experiment, sessions] = await Promise.all([
    frameOf(c),
    getExperiment(ctx, id),
    listSessions(ctx, id, most),
  ])
  const page = <SessionsPage {...{ frame, experiment, sessions, most }} />
  return sendPage(c, { frame, page })
}

async function showSession(c: AppContext, id: number, session: string): Promise<Response> {
  const { ctx } = c.var
  const after = optionalQuery(c, 'after')
  const [frame, experiment, found] = await Promise.all([
    frameOf(c),
    getExperiment(ctx, id),
    searchTraces(ctx, {
      ...{ experimentIds: [id], session, orderBy: ['timestamp ASC'] },
      ...{ maxResults: turnsMax, pageToken: after },
    }),
  ])
  const { items: traces, nextPageToken: next } = found
  const page = <SessionPage {...{ frame, experiment, session, traces, next }} isFirst={!after} />
  return sendPage(c, { frame, page })
}
