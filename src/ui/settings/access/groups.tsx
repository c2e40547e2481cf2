import { deleteGroup, getGroup, listGroups, setGroup } from '../../../access/accounts/groups.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { optionalQuery } from '../../../http/guards/target.ts'
import { changeOn, checkGiven, checkTyped, type Reshown } from '../../changes/change.ts'
import { findRefusal, linesOf } from '../../forms.ts'
import { sendPage } from '../../shell/page.tsx'
import { settingsFrameOf } from '../settings-frame.ts'
import { GroupPage, GroupsPage } from './groups-page.tsx'
import { mayAdministrate } from './may-administrate.ts'

const perPage = 100
/** The members of the largest group twice: as they were seen, and as they are to be. */
const bytesMax = 2_000_000

/** `GET /settings/groups?after=` */
export async function showGroups(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const after = optionalQuery(c, 'after') ?? ''
  const [frame, groups, whyNot] = await Promise.all([
    settingsFrameOf(c),
    listGroups(ctx, after, perPage),
    findRefusal(mayAdministrate(ctx)),
  ])
  const next = groups.length === perPage ? groups.at(-1)?.name : undefined
  const page = <GroupsPage {...{ frame, groups, next, whyNot, ...shown }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

/** `GET /settings/groups/{name}` */
export async function showGroup(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const [frame, group, whyNot] = await Promise.all([
    settingsFrameOf(c),
    getGroup(ctx, groupNameOf(c)),
    findRefusal(mayAdministrate(ctx)),
  ])
  const page = <GroupPage {...{ frame, group, whyNot, ...shown }} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

function groupNameOf(c: AppContext): string {
  return c.req.param('name') ?? ''
}

const onList = changeOn({
  show: showGroups,
  atOf: () => ({}),
  addressOf: (to) => `${to.settings}/groups`,
})

const onGroup = changeOn({
  show: showGroup,
  atOf: (c) => ({ name: groupNameOf(c) }),
  addressOf: (to, { name }) => `${to.settings}/groups/${encodeURIComponent(name)}`,
})

/** `POST /settings/groups` */
export const postGroup = onList({
  operation: 'putGroup',
  read: (form) => ({ name: form.text('name'), members: linesOf(form.text('members')) }),
  rule: mayAdministrate,
  field: 'name',
  make: (ctx, { name, members }) =>
    setGroup(ctx, checkGiven(name, 'The name'), { members, seen: null }),
})

/** `POST /settings/groups/{name}/members`: exactly these, where nobody changed them meanwhile. */
export const postMembers = onGroup({
  operation: 'putGroup',
  read: (form) => ({
    members: linesOf(form.text('members')),
    seen: linesOf(form.exact('seen_members')),
  }),
  rule: mayAdministrate,
  bytesMax,
  field: 'members',
  make: (ctx, { name, members, seen }) => setGroup(ctx, name, { members, seen }),
})

/** `POST /settings/groups/{name}/delete` */
export const postGroupDeletion = onGroup({
  operation: 'deleteGroup',
  read: (form) => ({ typed: form.text('confirm') }),
  rule: mayAdministrate,
  field: 'confirm',
  async make(ctx, { name, typed }) {
    checkTyped(typed, name)
    await deleteGroup(ctx, name)
  },
  next: (to) => `${to.settings}/groups`,
})
