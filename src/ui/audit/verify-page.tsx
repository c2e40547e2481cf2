import type { FC } from 'hono/jsx'
import type { ChainVerdict } from '../../audit/verify.ts'
import type { FormProblem } from '../forms.ts'
import { LineField, Problem } from '../parts/fields.tsx'
import { Sign } from '../parts/sign.tsx'
import { countText, plural, visibleText } from '../parts/text.tsx'
import type { Paths } from '../paths.ts'
import type { Frame } from '../shell/frame.ts'
import { Page } from '../shell/page.tsx'
import { SecondTime } from './audit-page.tsx'
import { entryPath, exportPath } from './audit-query.ts'

type VerifyPageProps = {
  readonly frame: Frame
  /** Undefined: it was not computed, since what was asked is wrong. */
  readonly verdict: ChainVerdict | undefined
  /** A chain hash that was kept elsewhere. */
  readonly head: string | undefined
  readonly atMs: number
  readonly problem: FormProblem | undefined
}

/** Whether the chain over all entries is whole. */
export const VerifyPage: FC<VerifyPageProps> = ({ frame, verdict, head, atMs, problem }) => {
  const { to, caller } = frame
  return (
    <Page
      frame={frame}
      title={titleOf(verdict)}
      section="audit"
      crumbs={[{ text: 'Audit log', href: to.audit }, { text: 'Verify' }]}
      api={{ method: 'GET', path: to.query('/api/v1/audit/verify', { head }) }}
    >
      <div class="dialog">
        {verdict ? <Verdict verdict={verdict} to={to} /> : null}
        {verdict ? (
          <p class="soft">
            Checked on <SecondTime atMs={atMs} /> UTC by {visibleText(caller.name)}: the hash of
            each entry and the chain over all of them were computed anew.
          </p>
        ) : null}
        <form class="near" method="get" action={`${to.audit}/verify`}>
          <Problem of={problem} />
          <LineField
            label="A head that was kept elsewhere"
            name="head"
            typed={head}
            problem={problem}
            hint="Somebody who can write to the database can make the whole chain anew. A head that was kept where they cannot write shows it."
          />
          <p>
            <button type="submit">Verify now</button>
          </p>
        </form>
      </div>
    </Page>
  )
}

function titleOf(verdict: ChainVerdict | undefined): string {
  if (verdict === undefined) return 'Verify the audit log'
  if (verdict.ok) return 'The audit log is whole'
  return verdict.problem === 'unsealed'
    ? 'Entries wait for their seal'
    : 'The audit log was changed'
}

const Verdict: FC<{ readonly verdict: ChainVerdict; readonly to: Paths }> = ({ verdict, to }) => {
  if (!verdict.ok) {
    const { seq, problem, detail } = verdict
    return (
      <div class="notice bad" role="alert">
        <p>
          <strong>
            <Sign of="cross" /> Entry <a href={entryPath(to, seq)}>#{seq}</a> is {problem}
          </strong>
        </p>
        <p>{visibleText(detail)}</p>
        <p>Up to there, {plural(verdict.entries, 'entry is', 'entries are')} sound.</p>
      </div>
    )
  }
  return (
    <>
      <SoundVerdict {...verdict} />
      <details>
        <summary>Prove it without this server</summary>
        <p>
          <a href={exportPath(to)} download="audit.jsonl">
            Save the log as JSON Lines
          </a>{' '}
          where nobody here can write, and check it against a head that was kept:
        </p>
        <pre tabindex={0}>
          <code>{`gatehouse audit verify audit.jsonl --head ${verdict.head}`}</code>
        </pre>
      </details>
    </>
  )
}

/** As far as it goes: a head that was given stands for the entries up to one. */
const SoundVerdict: FC<Extract<ChainVerdict, { readonly ok: true }>> = ({
  entries,
  sealed,
  head,
  headSeq,
}) => (
  <div class="notice good">
    <p>
      <strong>
        <Sign of="check" /> {plural(entries, 'entry', 'entries')} and their chain are sound
      </strong>
    </p>
    <p>
      Sealed up to entry {countText(sealed)}, head <code>{head}</code>
    </p>
    {headSeq === undefined ? null : (
      <p>The chain came to the head that was given at entry {countText(headSeq)}.</p>
    )}
  </div>
)
