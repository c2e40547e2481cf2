import { requireModelVersion, requireRight } from '../../access/permissions/require.ts'
import * as verbs from '../../attestations/attestations.ts'
import {
  deleteTrustedKey,
  listTrustedKeys,
  setTrustedKey,
  type TrustedKey,
} from '../../attestations/trusted-keys.ts'
import { anyone } from '../../http/guards/guard.ts'
import type { Context } from '../../platform/context.ts'
import * as endpoints from '../endpoints/attestations.ts'
import type { Answer } from '../endpoints/endpoint.ts'
import { page } from '../page.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

type OfModel = { readonly params: { readonly name: string } }

const mayRead = (ctx: Context, { params }: OfModel) => requireModelVersion(ctx, params.name, 'READ')
const mayEdit = (ctx: Context, { params }: OfModel) => requireModelVersion(ctx, params.name, 'EDIT')
const maySetPolicies = (ctx: Context) => requireRight(ctx, 'manage_policies')

/** What others signed about versions, and the keys of theirs that count. */
export const attestationRoutes: readonly ServedEndpoint[] = [
  serve(endpoints.addAttestation, mayEdit, async (ctx, { params, body }) =>
    attestationToWire(
      await verbs.addAttestation(ctx, params.name, { version: params.version, document: body }),
    ),
  ),

  serve(endpoints.listAttestations, mayRead, (ctx, { params, query }) =>
    page(['attestations', params.name, params.version], query, {
      first: Number.MAX_SAFE_INTEGER,
      read: (before, count) => verbs.listAttestations(ctx, params, { before, count }),
      keyOf: ({ id }) => id,
      toWire: attestationToWire,
    }),
  ),

  serve(endpoints.getAttestation, mayRead, async (ctx, { params }, c) =>
    c.body(await verbs.getAttestation(ctx, params, params.id), 200, {
      'Content-Type': 'application/json',
    }),
  ),

  serve(endpoints.listTrustedKeys, anyone, async (ctx) => ({
    items: (await listTrustedKeys(ctx)).map(keyToWire),
  })),

  serve(endpoints.putTrustedKey, maySetPolicies, async (ctx, { params, body }) =>
    keyToWire(await setTrustedKey(ctx, params.name, body)),
  ),

  serve(endpoints.deleteTrustedKey, maySetPolicies, async (ctx, { params }) => {
    await deleteTrustedKey(ctx, params.name)
    return {}
  }),
]

function attestationToWire(one: verbs.Attestation): Answer<typeof endpoints.addAttestation> {
  const { key, result } = one
  return {
    ...{ id: String(one.id), predicate_type: one.predicateType, hint: one.hint },
    ...(key !== undefined && { key }),
    ...(result !== undefined && { result }),
    ...{ sent_at: one.sentAtMs, sent_by: one.sentBy },
  }
}

function keyToWire({ name, hint, pem, setAtMs, setBy }: TrustedKey) {
  return { name, hint, pem, set_at: setAtMs, set_by: setBy }
}
