import type { FC } from 'hono/jsx'
import { type Html, writeHtml } from '../cards/markdown.tsx'
import { countText, plural, visibleText } from '../parts/text.tsx'
import type { Notebook, NotebookCell, NotebookOutput } from './read-notebook.ts'
import { SandboxedFrame } from './sandboxed-frame.tsx'

type NotebookProps = Notebook & {
  /** The address of a frame with one output. */
  readonly frameOf: (cell: number, output: number) => string
}

/** Its cells one below another: text, code, and what came of it. */
export const NotebookView: FC<NotebookProps> = ({ cells, count, frameOf }) => (
  <>
    <h2>{plural(count, 'cell')}</h2>
    {cells.length < count ? (
      <p class="notice">
        The first {countText(cells.length)} of {countText(count)} cells. The download has all of
        them.
      </p>
    ) : null}
    {cells.map((cell, i) => (
      <Cell cell={cell} frameOf={(output) => frameOf(i, output)} />
    ))}
  </>
)

type CellProps = {
  readonly cell: NotebookCell
  readonly frameOf: (output: number) => string
}

const Cell: FC<CellProps> = async ({ cell: { kind, source, outputs }, frameOf }) => {
  if (kind === 'markdown') {
    const html: Html = await writeHtml(source)
    return <div class="prose">{html}</div>
  }
  return (
    <div class="cell">
      <Code text={source} />
      {outputs.map((output, i) => (
        <Output output={output} address={frameOf(i)} />
      ))}
    </div>
  )
}

const Code: FC<{ readonly text: string }> = ({ text }) =>
  text.trim() === '' ? null : (
    <pre tabindex={0}>
      <code>{visibleText(text, /^[\n\r\t]$/)}</code>
    </pre>
  )

const Output: FC<{ readonly output: NotebookOutput; readonly address: string }> = ({
  output,
  address,
}) => {
  switch (output.kind) {
    case 'text':
      return (
        <pre tabindex={0}>
          <samp>{visibleText(output.text, /^[\n\r\t]$/)}</samp>
        </pre>
      )
    case 'image':
      return <img class="preview" src={output.url} alt="An output of the cell above" />
    case 'html':
      return (
        <SandboxedFrame
          address={address}
          title="An output of the cell above"
          bytes={output.html.length}
        />
      )
  }
}
