import { expect } from 'vitest'
import { type Member, team } from './team.ts'

const approvals = { required: 1, from: ['group:reviewers'] }

/** A server with access control on: ann's model `fraud` has three versions, of which none is anywhere; rita reviews. */
export async function guardedModel() {
  const server = await team()
  const { admin } = server
  await admin.call('PUT', '/api/v1/groups/reviewers', { members: [] })
  const ann = await server.member('ann')
  const rita = await server.member('rita', ['reviewers'])
  await admin.call('PUT', '/api/v1/groups/reviewers', { members: ['rita'] })
  await ann.post('registered-models/create', { name: 'fraud' })
  await server.grant('rita', 'registered_model', 'fraud', 'READ')
  const register = () => ann.post('model-versions/create', { name: 'fraud', source: 's3://b/m' })
  for (let i = 0; i < 3; i++) await register()
  const policy = (name: string, applies: object, more: object = {}) =>
    admin.call('PUT', `/api/v1/policies/${name}`, {
      applies_to: { models: 'fraud', ...applies },
      approvals,
      ...more,
    })
  const move = (who: Member, version: string, stage: string, archive = false) =>
    who.post('model-versions/transition-stage', {
      name: 'fraud',
      version,
      stage,
      archive_existing_versions: archive,
    })
  const point = (who: Member, version: string, alias: string) =>
    who.post('registered-models/alias', { name: 'fraud', version, alias })
  const approve = (id: string) =>
    rita.call('POST', `/api/v1/promotions/${id}/reviews`, { decision: 'approve' })
  /** Move a version with the sign-off that its stage takes. */
  const signedOff = async (version: string, stage: string, archive = false) => {
    const refused = await move(ann, version, stage, archive)
    const [, id = ''] = /#(\d+)/.exec(refused.text) ?? []
    expect((await approve(id)).status).toBe(200)
    expect((await move(ann, version, stage, archive)).status).toBe(200)
    return id
  }
  /** Stage and aliases of each version. */
  const places = async () => {
    const found = await ann.get("model-versions/search?filter=name%3D'fraud'&include_aliases=true")
    return Object.fromEntries(
      found.json.model_versions.map((v: Record<string, unknown>) => [
        v.version,
        [v.current_stage, ...((v.aliases as string[]) ?? [])],
      ]),
    )
  }
  return { ...server, ann, rita, register, policy, move, point, approve, signedOff, places }
}
