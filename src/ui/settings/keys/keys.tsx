import { requireAdmin, requireRight } from '../../../access/permissions/require.ts'
import {
  deleteTrustedKey,
  getTrustedKey,
  keyNameHint,
  keyNamePattern,
  listTrustedKeys,
  setTrustedKey,
} from '../../../attestations/trusted-keys.ts'
import { listBundleKeys, renewBundleKey } from '../../../bundles/signing/bundle-keys.ts'
import { invalid, notFound } from '../../../core/error.ts'
import { listPolicies } from '../../../governance/policies/policies.ts'
import type { Policy } from '../../../governance/policies/policy.ts'
import type { AppContext } from '../../../http/app-env.ts'
import { attachment } from '../../../http/files/content-type.ts'
import type { Context } from '../../../platform/context.ts'
import { changeOn, checkGiven, checkTyped, type Reshown } from '../../changes/change.ts'
import { findRefusal } from '../../forms.ts'
import { sendPage } from '../../shell/page.tsx'
import { settingsFrameOf } from '../settings-frame.ts'
import { KeysPage } from './keys-page.tsx'
import { TrustedKeyPage } from './trusted-key-page.tsx'

const mayRenew = async (ctx: Context) => requireAdmin(ctx)
const mayTrust = (ctx: Context) => requireRight(ctx, 'manage_policies')

/** `GET /settings/keys`: whose statements count here, and by which keys this server signs. */
export async function showKeys(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const [frame, trusted, own, policies, trust, renew] = await Promise.all([
    settingsFrameOf(c),
    listTrustedKeys(ctx),
    listBundleKeys(ctx),
    listPolicies(ctx),
    findRefusal(mayTrust(ctx)),
    findRefusal(mayRenew(ctx)),
  ])
  const keys = trusted.map((key) => ({ ...key, policies: policiesNaming(policies, key.name) }))
  const isKeptHere = ctx.bundleKey.keep !== undefined
  const page = (
    <KeysPage {...{ frame, keys, own, isKeptHere, ...shown }} whyNot={{ trust, renew }} />
  )
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

/** `GET /settings/keys/trusted/{name}` */
export async function showTrustedKey(c: AppContext, shown: Reshown = {}): Promise<Response> {
  const { ctx } = c.var
  const [frame, trusted, policies, whyNot] = await Promise.all([
    settingsFrameOf(c),
    getTrustedKey(ctx, keyNameOf(c)),
    listPolicies(ctx),
    findRefusal(mayTrust(ctx)),
  ])
  const naming = policiesNaming(policies, trusted.name)
  const page = <TrustedKeyPage {...{ frame, trusted, whyNot, ...shown }} policies={naming} />
  return sendPage(c, { frame, page }, { status: shown.problem?.status ?? 200 })
}

/** `GET /settings/keys/own/{hint}`: the public key as PEM. */
export async function sendPublicKey(c: AppContext): Promise<Response> {
  const hint = c.req.param('hint') ?? ''
  const key = (await listBundleKeys(c.var.ctx)).find((one) => one.hint === hint)
  if (!key) throw notFound('Key', hint)
  return c.body(key.pem, 200, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Disposition': attachment(`gatehouse-${hint.slice(0, 8)}.pem`),
    'X-Content-Type-Options': 'nosniff',
  })
}

/** The names of those with a gate that asks for a statement by the key of this name. */
function policiesNaming(policies: readonly Policy[], key: string): string[] {
  return policies.flatMap(({ name, document: { gates } }) =>
    gates.some((gate) => gate.type === 'attestation' && gate.key === key) ? [name] : [],
  )
}

function keyNameOf(c: AppContext): string {
  return c.req.param('name') ?? ''
}

const onList = changeOn({
  show: showKeys,
  atOf: () => ({}),
  addressOf: (to) => to.keys,
})

const onKey = changeOn({
  show: showTrustedKey,
  atOf: (c) => ({ name: keyNameOf(c) }),
  addressOf: (to, { name }) => to.trustedKey(name),
})

/** `POST /settings/keys/trusted`: a new one, where no other has its name. */
export const postTrustedKey = onList({
  operation: 'putTrustedKey',
  read: (form) => ({ name: form.text('name'), pem: form.text('pem') }),
  rule: mayTrust,
  field: 'pem',
  make(ctx, { name, pem }) {
    const given = checkGiven(name, 'The name')
    if (!keyNamePattern.test(given)) throw invalid(`The name ${keyNameHint}`)
    return setTrustedKey(ctx, given, { pem: checkGiven(pem, 'The key'), seen: null })
  },
})

/** `POST /settings/keys/trusted/{name}`: another key in place of the one that was seen. */
export const postKeyReplacement = onKey({
  operation: 'putTrustedKey',
  read: (form) => ({ pem: form.text('pem'), seen: form.exact('seen_hint') ?? '' }),
  rule: mayTrust,
  field: 'pem',
  make: (ctx, { name, pem, seen }) =>
    setTrustedKey(ctx, name, { pem: checkGiven(pem, 'The key'), seen }),
})

/** `POST /settings/keys/trusted/{name}/delete` */
export const postKeyDeletion = onKey({
  operation: 'deleteTrustedKey',
  read: (form) => ({ typed: form.text('confirm'), seen: form.exact('seen_hint') ?? '' }),
  rule: mayTrust,
  field: 'confirm',
  async make(ctx, { name, typed, seen }) {
    checkTyped(typed, name)
    await deleteTrustedKey(ctx, name, seen)
  },
  next: (to) => to.keys,
})

/** `POST /settings/keys/renew`: where the key that signs is the one that was seen. */
export const postRenewal = onList({
  operation: 'renewKey',
  read: (form) => ({ seen: form.exact('seen_hint') ?? '' }),
  rule: mayRenew,
  async make(ctx, { seen }) {
    await renewBundleKey(ctx, seen === '' ? null : seen)
  },
})
