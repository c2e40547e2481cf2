import { addHash } from '../../audit/export.ts'
import { verifyStoredChain } from '../../audit/verify.ts'
import { invalid } from '../../core/error.ts'
import {
  auditFilterOf,
  findEntriesBeside,
  getAuditEntry,
  readAuditPage,
} from '../../governance/history/audit-page.ts'
import type { AppContext } from '../../http/app-env.ts'
import { optionalQuery } from '../../http/guards/target.ts'
import { hashJson } from '../../platform/hash.ts'
import { noteProblem } from '../forms.ts'
import { numberIn } from '../paths.ts'
import { frameOf } from '../shell/frame.ts'
import { sendPage } from '../shell/page.tsx'
import { AuditPage } from './audit-page.tsx'
import { type AuditTerms, auditQueryOf, auditTermsOf, exactTerms } from './audit-query.ts'
import { EntryPage } from './entry-page.tsx'
import { findHead } from './find-head.ts'
import { VerifyPage } from './verify-page.tsx'

const shownMax = 100

/** `GET /audit?model=&version=&actor=&action=&since=&until=&after=` */
export async function showAudit(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const frame = await frameOf(c)
  const [terms, before, nowMs] = [auditTermsOf(c), beforeOf(c), ctx.now()]
  const exact = exactTerms(terms, nowMs)
  const found = await readEntries(c, terms, { before, nowMs })
  const head = await findHead(ctx)
  const page = <AuditPage {...{ frame, terms, exact, before, head, ...found }} />
  return sendPage(c, { frame, page }, { status: found.problem?.status ?? 200 })
}

/** The entries, or what is wrong with the filter or with who asks, which the page shows beside the fields. */
async function readEntries(
  c: AppContext,
  terms: AuditTerms,
  from: { readonly before: number | undefined; readonly nowMs: number },
) {
  const { ctx } = c.var
  try {
    const filter = await auditFilterOf(ctx, auditQueryOf(terms, from.nowMs))
    const wanted = { before: from.before ?? Number.MAX_SAFE_INTEGER, count: shownMax }
    return { ...(await readAuditPage(ctx, filter, wanted)), problem: undefined }
  } catch (err) {
    return { entries: [], next: undefined, problem: await noteProblem(c, err) }
  }
}

/** `GET /audit/{seq}` */
export async function showAuditEntry(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const seq = numberIn(c.req.param('seq'))
  if (seq === undefined) throw invalid('An entry of the audit log has a number, such as 12')
  const [frame, sealed] = [await frameOf(c), await getAuditEntry(ctx, seq)]
  const [{ hash }, computed, beside] = await Promise.all([
    addHash(ctx, sealed),
    hashJson(ctx, sealed.entry),
    findEntriesBeside(ctx, sealed),
  ])
  const isChanged = hash !== computed
  const page = <EntryPage {...{ frame, sealed, hash, isChanged, beside }} />
  return sendPage(c, { frame, page })
}

/** `GET /audit/verify?head=` */
export async function showVerification(c: AppContext): Promise<Response> {
  const { ctx } = c.var
  const head = optionalQuery(c, 'head')?.trim()
  const frame = await frameOf(c)
  const atMs = ctx.now()
  const isHash = head === undefined || /^sha256:[0-9a-f]{64}$/.test(head)
  const problem = isHash
    ? undefined
    : ({ message: 'A head is sha256: and 64 hex digits', status: 400, field: 'head' } as const)
  const verdict = isHash ? await verifyStoredChain(ctx, head) : undefined
  const page = <VerifyPage {...{ frame, verdict, head, atMs, problem }} />
  return sendPage(c, { frame, page }, { status: problem?.status ?? 200 })
}

/** @throws INVALID_PARAMETER_VALUE it is not the number of an entry */
function beforeOf(c: AppContext): number | undefined {
  const text = optionalQuery(c, 'after')
  if (text === undefined) return undefined
  const seq = numberIn(text)
  if (seq === undefined) throw invalid(`Invalid value for 'after'; it is a number`)
  return seq
}
