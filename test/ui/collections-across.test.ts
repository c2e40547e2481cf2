import { expect, test } from 'vitest'
import { makeAccount } from '../support/accounts.ts'
import { appOf } from '../support/app.ts'
import { twoTeams } from '../support/two-teams.ts'
import { pagesOf, postedFields, textOf } from './page.ts'

const version = '/workspaces/team-a/models/fraud/1'

/** Version 1 of team-a's `fraud`, and a collection of team-b; people with a role in one team each. */
async function lending() {
  const teams = await twoTeams()
  const { platform, root, ann } = teams
  const person = async (username: string, roles: Readonly<Record<string, string>>) => {
    const principal = await makeAccount(platform, username)
    for (const [team, role] of Object.entries(roles)) {
      const { json } = await root(team).call('GET', `/api/3.0/mlflow/roles/list?workspace=${team}`)
      const { id } = json.roles.find(({ name }: { name: string }) => name === role)
      await root(team).post3('roles/assign', { username, role_id: id })
    }
    return pagesOf(appOf(() => platform, principal))
  }
  await ann('team-b').call('PUT', '/api/v1/collections/shared', {})
  const links = async () =>
    (await ann('team-b').call('GET', '/api/v1/collections/shared/links')).json.items
  return { ...teams, person, links }
}

test('a version is linked in a collection of another workspace from its page', async () => {
  const { person, links } = await lending()
  const alma = await person('alma', { 'team-a': 'admin', 'team-b': 'admin' })
  const page = await alma.get(`${version}/change`)
  expect(textOf(page.html)).toContain('Of the workspace, if it is another')
  const fields = postedFields(page.html, `${version}/link`)
  const done = await alma.post(`${version}/link`, {
    ...fields,
    ...{ collection: 'shared', workspace: 'team-b' },
  })
  expect([done.status, done.headers.get('location')]).toEqual([303, version])
  expect(await links()).toMatchObject([{ source: { workspace: 'team-a', model: 'fraud' } }])
  // Left out, it is a collection of the page's own workspace, where there is none.
  const own = await alma.post(`${version}/link`, { ...fields, collection: 'shared' })
  expect(own.status).toBe(404)
})

test('it takes the right on both sides, and tells neither of what is on the other', async () => {
  const { person, links } = await lending()
  const lent = { collection: 'shared', workspace: 'team-b' }
  const sends = await person('only-here', { 'team-a': 'admin' })
  const outside = await sends.post(`${version}/link`, lent)
  expect([outside.status, textOf(outside.html)]).toEqual([
    404,
    expect.stringContaining("Workspace 'team-b' not found"),
  ])
  const none = await sends.post(`${version}/link`, { ...lent, workspace: 'team-c' })
  expect(none.status).toBe(404)
  const takes = await person('only-there', { 'team-a': 'user', 'team-b': 'admin' })
  expect((await takes.post(`${version}/link`, lent)).status).toBe(403)
  const reads = await person('reads-there', { 'team-a': 'admin', 'team-b': 'user' })
  expect((await reads.post(`${version}/link`, lent)).status).toBe(403)
  expect(await links()).toEqual([])
})
