import type { FC } from 'hono/jsx'
import { cutText } from '../../../core/error.ts'
import { Region } from '../../parts/table.tsx'
import { Given, plural, visibleText } from '../../parts/text.tsx'
import type { Frame } from '../../shell/frame.ts'
import { modelCrumbs, Page } from '../../shell/page.tsx'
import type { DiffHunk, FileDiff } from './read-file-diff.ts'

type FileDiffProps = {
  readonly frame: Frame
  readonly name: string
  readonly versions: readonly [number, number]
  readonly path: string
  readonly diff: FileDiff
}

/** What of a text file differs between two versions. */
export const FileDiffPage: FC<FileDiffProps> = ({ frame, name, versions, path, diff }) => {
  const { to } = frame
  const [before, after] = versions
  return (
    <Page
      frame={frame}
      title={`${path} of ${name}: ${before} and ${after}`}
      heading={<Given text={path} />}
      section="models"
      crumbs={[
        ...modelCrumbs(to, name),
        { text: `Compare ${before}, ${after}`, href: to.compare(name, versions) },
        { text: path },
      ]}
      about={
        <p class="row">
          {versions.map((version) => (
            <a href={to.query(`${to.version(name, version)}/files`, { path })}>
              In version {version}
            </a>
          ))}
        </p>
      }
      api={{
        method: 'GET',
        path: to.query('/model-versions/get-artifact', { name, version: String(after), path }),
      }}
    >
      {'whyNot' in diff ? (
        <p class="notice">{diff.whyNot}</p>
      ) : diff.hunks.length === 0 ? (
        <p class="notice">It is the same in both versions.</p>
      ) : (
        diff.hunks.map((hunk) => <Hunk hunk={hunk} versions={versions} />)
      )}
      {'more' in diff && diff.more > 0 ? (
        <p class="soft">{plural(diff.more, 'more line')}; the files have all of them.</p>
      ) : null}
    </Page>
  )
}

const looks = {
  '+': { look: 'added', word: 'added' },
  '-': { look: 'removed', word: 'removed' },
} as const

/** Characters of a line that are shown. */
const lineMax = 2000

const Hunk: FC<{ readonly hunk: DiffHunk; readonly versions: readonly [number, number] }> = ({
  hunk,
  versions: [before, after],
}) => {
  const caption = `From line ${hunk.oldStart} of version ${before}, ${hunk.newStart} of version ${after}`
  return (
    <Region>
      <table class="text-diff">
        <caption>{caption}</caption>
        <thead class="unseen">
          <tr>
            <th scope="col">Change</th>
            <th scope="col">Line</th>
          </tr>
        </thead>
        <tbody>
          {hunk.lines.map((line) => (
            <Line line={line} />
          ))}
        </tbody>
      </table>
    </Region>
  )
}

const Line: FC<{ readonly line: string }> = ({ line }) => {
  const [sign, text] = [line.slice(0, 1), line.slice(1)]
  // Such as "No newline at end of file".
  if (sign === '\\') {
    return (
      <tr>
        <td />
        <td class="soft">{text.trim()}</td>
      </tr>
    )
  }
  const known = sign === '+' || sign === '-' ? looks[sign] : undefined
  return (
    <tr>
      <td class={known?.look}>
        {known ? (
          <>
            <span aria-hidden="true">{sign === '-' ? '−' : '+'}</span>
            <span class="unseen">{known.word}</span>
          </>
        ) : null}
      </td>
      <td class={known?.look}>
        <code>{visibleText(cutText(text, lineMax), /^\t$/)}</code>
        {text.length > lineMax ? '…' : ''}
      </td>
    </tr>
  )
}
