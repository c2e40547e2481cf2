import { describe, expect, test } from 'vitest'
import type { Json } from '../support/client.ts'
import { team } from '../support/team.ts'
import { traceId } from '../support/trace-server.ts'

/**
 * An experiment with people of each kind: ann made the queue, rita (EDIT) and rex (READ) are its users, ed may
 * EDIT, mia MANAGE and otto READ, and nina is a user with no permission.
 */
async function world() {
  const { admin, member, grant } = await team({ defaultPermission: 'NO_PERMISSIONS' })
  const { json } = await admin.post('experiments/create', { name: 'judged' })
  const experiment_id: string = json.experiment_id
  const levels = { ann: 'EDIT', rita: 'EDIT', rex: 'READ', ed: 'EDIT', mia: 'MANAGE', otto: 'READ' }
  const people: Record<string, Awaited<ReturnType<typeof member>>> = { admin }
  for (const [name, level] of Object.entries(levels)) {
    people[name] = await member(name)
    await grant(name, 'experiment', experiment_id, level)
  }
  people.nina = await member('nina')
  const by = (who: string) => {
    const one = people[who]
    if (!one) throw new Error(who)
    return one
  }
  const trace_location = { mlflow_experiment: { experiment_id } }
  const info = { trace_id: traceId(), trace_location, request_time: '2026-01-01T00:00:00Z' }
  await admin.post3('traces', { trace: { trace_info: info } })
  const post = (who: string, path: string, body: object) =>
    by(who).post3(`review-queues/${path}`, body)
  const open = async (more: object = {}): Promise<Json> => {
    const made = { experiment_id, name: 'triage', queue_type: 'CUSTOM', ...more }
    const users = ['Rita', 'rex', 'nina']
    return (await post('ann', 'create', { users, ...made })).json.review_queue
  }
  return { by, post, open, experiment_id }
}

const everybody = ['ann', 'rita', 'rex', 'ed', 'mia', 'otto', 'nina', 'admin']

describe('a review queue', () => {
  test.each([
    [
      'is seen by its users, its owner and who manages',
      'get',
      ['ann', 'rita', 'rex', 'mia', 'admin'],
    ],
    ['is found by name by the same', 'name', ['ann', 'rita', 'rex', 'mia', 'admin']],
    ['shows its items to the same', 'items', ['ann', 'rita', 'rex', 'mia', 'admin']],
    ['is filled by who may EDIT', 'fill', ['ann', 'rita', 'ed', 'mia', 'admin']],
    ['is changed by its owner and who manages', 'change', ['ann', 'mia', 'admin']],
    ['is given to another owner by who manages', 'give', ['mia', 'admin']],
    ['is given in camel case by the same', 'giveCamel', ['mia', 'admin']],
    ['is emptied by its owner and who manages', 'remove', ['ann', 'mia', 'admin']],
    ['is reviewed by its users who may EDIT, and no manager', 'review', ['rita', 'admin']],
    ['is deleted by its owner and who manages', 'delete', ['ann', 'mia', 'admin']],
  ])('%s', async (_, what, allowed) => {
    const { by, post, open, experiment_id } = await world()
    const passed: string[] = []
    for (const who of everybody) {
      const { queue_id, name } = await open({ name: `triage of ${who}` })
      await post('admin', 'items/add', { queue_id, item_ids: [traceId()] })
      const read = (path: string) => by(who).call('GET', `/api/3.0/mlflow/review-queues/${path}`)
      const done = { item_id: traceId(), status: 'COMPLETE', completed_by: who }
      const asks: Record<string, () => Promise<{ status: number }>> = {
        get: () => read(`get?queue_id=${queue_id}`),
        name: () =>
          read(
            `get-by-name?${new URLSearchParams({ experiment_id, name: String(name).toUpperCase() })}`,
          ),
        items: () => read(`items/list?queue_id=${queue_id}`),
        fill: () => post(who, 'items/add', { queue_id, item_ids: [traceId()] }),
        change: () => post(who, 'update', { queue_id, update_users: true, users: ['ed'] }),
        give: () => post(who, 'update', { queue_id, new_owner: who }),
        giveCamel: () => post(who, 'update', { queue_id, newOwner: who }),
        remove: () => post(who, 'items/remove', { queue_id, item_ids: [traceId()] }),
        review: () => post(who, 'items/set-status', { queue_id, ...done }),
        delete: () => post(who, 'delete', { queue_id }),
      }
      const { status } = (await asks[what]?.()) ?? { status: 0 }
      if (status === 200) passed.push(who)
      else expect([who, status]).toEqual([who, 403])
    }
    expect(passed).toEqual(allowed)
  })

  test('of one user is not deleted or emptied by that user, and by who manages it is', async () => {
    const { post, experiment_id } = await world()
    const made = await post('rita', 'get-or-create-user', { experiment_id, user: 'rita' })
    const { queue_id } = made.json.review_queue
    await post('rita', 'items/add', { queue_id, item_ids: [traceId()] })
    const remove = { queue_id, item_ids: [traceId()] }
    expect((await post('rita', 'items/remove', remove)).status).toBe(403)
    expect((await post('rita', 'delete', { queue_id })).status).toBe(403)
    expect((await post('mia', 'items/remove', remove)).status).toBe(200)
    expect((await post('mia', 'delete', { queue_id })).status).toBe(200)
  })

  test('is listed to who may EDIT, and to others where they are its users', async () => {
    const { by, open, experiment_id } = await world()
    await open()
    await open({ name: 'of others', users: ['ed'] })
    const listed = async (who: string, query: object = {}) => {
      const asked = new URLSearchParams({ experiment_id, max_results: '1', ...query })
      const names: string[] = []
      for (let token = ''; ; ) {
        const path = `/api/3.0/mlflow/review-queues/list?${asked}&page_token=${token}`
        const { json } = await by(who).call('GET', path)
        names.push(...(json.review_queues ?? []).map((one: Json) => one.name))
        token = json.next_page_token
        if (!token) return names
      }
    }
    expect(await listed('ed')).toEqual(['of others', 'triage'])
    expect(await listed('rex')).toEqual(['triage'])
    expect(await listed('rex', { user: 'ed' })).toEqual([])
    expect(await listed('otto')).toEqual([])
  })

  test('has the name of no user, in whatever letters', async () => {
    const { post, open, experiment_id } = await world()
    const made = { experiment_id, queue_type: 'CUSTOM' }
    for (const who of ['ann', 'admin']) {
      const refused = await post(who, 'create', { ...made, name: 'Rita' })
      expect([refused.status, refused.json.message]).toEqual([
        400,
        expect.stringContaining("'rita'"),
      ])
    }
    const { queue_id } = await open()
    for (const who of ['ann', 'admin']) {
      expect((await post(who, 'update', { queue_id, name: 'RITA ' })).status).toBe(400)
    }
    expect((await post('ann', 'update', { queue_id, name: 'others' })).status).toBe(200)
  })
})

test('a label schema is made, changed and deleted by who manages, and read by who reads', async () => {
  const { by, experiment_id } = await world()
  const at = '/api/3.0/mlflow/label-schemas'
  const schema = { experiment_id, name: 'ok', type: 'FEEDBACK', input: { text: {} } }
  expect((await by('ann').call('POST', `${at}/create`, schema)).status).toBe(403)
  const { json } = await by('mia').call('POST', `${at}/create`, schema)
  const { schema_id } = json.label_schema
  const change = { schema_id, enable_comment: true }
  expect((await by('ann').call('PATCH', `${at}/update`, change)).status).toBe(403)
  expect((await by('otto').call('GET', `${at}/get?schema_id=${schema_id}`)).status).toBe(200)
  expect((await by('mia').call('PATCH', `${at}/update`, change)).status).toBe(200)
  expect((await by('ann').call('DELETE', `${at}/delete`, { schema_id })).status).toBe(403)
  expect((await by('mia').call('DELETE', `${at}/delete`, { schema_id })).status).toBe(200)
})
