import type { FC } from 'hono/jsx'
import { Table } from '../parts/table.tsx'
import { bytesText, countText, Given, plural, visibleText } from '../parts/text.tsx'
import type { Frame } from '../shell/frame.ts'
import { NotebookView } from './notebook.tsx'
import type { NotebookOutputPlace } from './read-notebook.ts'
import { endBytes, type TextPart, textBytesMax } from './read-part.ts'
import type { Preview } from './read-preview.ts'
import { SandboxedFrame } from './sandboxed-frame.tsx'
import type { StoredParts } from './stored-parts.ts'
import { Tree } from './tree.tsx'

type ShownProps = {
  readonly frame: Frame
  readonly preview: Preview
  readonly path: string
  /** Of the file itself. */
  readonly address: string
  readonly sizeBytes: number
  readonly sha256: string
  /** The page with a part of the text: from this byte, or so far from the end. */
  readonly partOf: (from: number) => string
  /** The frame with its markup, or with that of an output of a notebook. */
  readonly frameOf: (output?: NotebookOutputPlace) => string
}

/** A look at a file, by its kind. Nothing of it is markup of this page. */
export const Shown: FC<ShownProps> = ({ preview, path, address, sizeBytes, ...more }) => {
  const { frame, sha256, partOf, frameOf } = more
  switch (preview.kind) {
    case 'image':
      return <img class="preview" src={address} alt={visibleText(path)} />
    case 'media':
      return preview.of === 'audio' ? (
        // biome-ignore lint/a11y/useMediaCaption: whoever wrote the file gave none
        <audio class="preview" src={address} controls preload="none" />
      ) : (
        // biome-ignore lint/a11y/useMediaCaption: whoever wrote the file gave none
        <video class="preview" src={address} controls preload="none" />
      )
    case 'none':
      return <p class="notice">{visibleText(preview.why)}</p>
    case 'bytes':
      return (
        <>
          <p class="soft">This is no text, so it is not opened here. Its first bytes are:</p>
          <pre tabindex={0}>
            <code>{preview.hex}</code>
          </pre>
        </>
      )
    case 'parts':
      return <Parts {...preview.stored} />
    case 'parquet':
      return <ParquetView {...{ frame, address, sizeBytes, sha256 }} />
    case 'text':
      return (
        <>
          <Cut part={preview} {...{ sizeBytes, partOf }} />
          <Lines text={preview.text} isNumbered={preview.start === 0} />
        </>
      )
    case 'markup':
      return (
        <>
          <SandboxedFrame address={frameOf()} title={visibleText(path)} bytes={sizeBytes} />
          {preview.hosts.length === 0 ? null : (
            <p class="notice warn">
              It asks for scripts of {preview.hosts.join(', ')}, which it does not get here. Write
              it with its scripts in itself: <code>include_plotlyjs=True</code> of Plotly.
            </p>
          )}
          <Cut part={preview.part} {...{ sizeBytes, partOf }} />
          <Lines text={preview.part.text} isNumbered={preview.part.start === 0} />
        </>
      )
    case 'notebook':
      return (
        <NotebookView {...preview.notebook} frameOf={(cell, output) => frameOf({ cell, output })} />
      )
    case 'tree':
      return (
        <>
          {preview.facts.length === 0 ? null : (
            <dl class="facts">
              {preview.facts.map(([name, fact]) => (
                <>
                  <dt>{name}</dt>
                  <dd>
                    <Given text={fact} />
                  </dd>
                </>
              ))}
            </dl>
          )}
          <Tree value={preview.value} />
          <details>
            <summary>As text</summary>
            <Lines text={preview.text} isNumbered />
          </details>
        </>
      )
    case 'table':
      return (
        <>
          <Cut part={preview.part} {...{ sizeBytes, partOf }} />
          <Rows rows={preview.rows} />
        </>
      )
  }
}

type ParquetProps = Pick<ShownProps, 'frame' | 'address' | 'sizeBytes' | 'sha256'>

/** What a script of this page fills; only here is it loaded. */
const ParquetView: FC<ParquetProps> = ({ frame, address, sizeBytes, sha256 }) => {
  const { to, files, nonce } = frame
  return (
    <>
      <p
        role="status"
        class="soft"
        data-parquet={address}
        data-size-bytes={sizeBytes}
        data-sha256={sha256}
        data-worker={`${to.prefix}/assets/${files.parquetWorker}`}
      >
        This is a Parquet file. Your browser shows its columns and first rows where scripts may run;
        the server does not open it. The download has all of it.
      </p>
      <script src={`${to.prefix}/assets/${files.parquet}`} type="module" nonce={nonce} />
    </>
  )
}

type CutProps = Pick<ShownProps, 'sizeBytes' | 'partOf'> & { readonly part: TextPart }

/** Which part of a text is shown, and the way to the others. */
const Cut: FC<CutProps> = ({ part: { start, end }, sizeBytes, partOf }) => {
  if (start === 0 && end === sizeBytes) return null
  const size = bytesText(end - start)
  return (
    <div class="notice row">
      <span>
        {start === 0
          ? `The first ${size} of ${bytesText(sizeBytes)}.`
          : end === sizeBytes
            ? `The last ${size} of ${bytesText(sizeBytes)}.`
            : `${size} of ${bytesText(sizeBytes)}, from byte ${countText(start)}.`}{' '}
        The download has all of it.
      </span>
      {start > 0 ? <a href={partOf(0)}>The beginning</a> : null}
      {end < sizeBytes ? <a href={partOf(end)}>{bytesText(textBytesMax)} more</a> : null}
      {end < sizeBytes ? <a href={partOf(-endBytes)}>The last {bytesText(endBytes)}</a> : null}
    </div>
  )
}

/** Of more lines the numbers would be most of the page. */
const numberedMax = 5000

/** A text as it was written. Each line has an address, `#L12`. */
const Lines: FC<{ readonly text: string; readonly isNumbered: boolean }> = ({
  text,
  isNumbered,
}) => {
  const shown = visibleText(text, /^[\n\r\t]$/)
  const lines = shown.replace(/\r?\n$/, '').split('\n')
  if (!isNumbered || lines.length > numberedMax) {
    return (
      <pre class="whole" tabindex={0}>
        <code>{shown}</code>
      </pre>
    )
  }
  return (
    <pre class="whole" tabindex={0}>
      <code class="lines">
        {lines.map((line, i) => (
          <span id={`L${i + 1}`}>
            {/* biome-ignore lint/a11y/useAnchorContent: the stylesheet draws the number, so that nobody copies it */}
            <a href={`#L${i + 1}`} data-line={i + 1} aria-label={`Line ${i + 1}`} tabindex={-1} />
            {line}
            {'\n'}
          </span>
        ))}
      </code>
    </pre>
  )
}

const Parts: FC<StoredParts> = ({ title, parts, count }) => (
  <>
    <p class="soft">
      This file is never loaded here; this is what it says of its parts.{' '}
      {parts.length < count ? `The first ${countText(parts.length)} of ${countText(count)}.` : ''}
    </p>
    <Table caption={title} columns={['Name', 'Kind', { title: 'Size', isNumber: true }]}>
      {parts.map(({ name, about, bytes }) => (
        <tr>
          <th scope="row">
            <Given text={name.slice(0, 500)} />
          </th>
          <td>
            <Given text={about} />
          </td>
          <td class="number">{bytesText(bytes)}</td>
        </tr>
      ))}
    </Table>
  </>
)

const Rows: FC<{ readonly rows: readonly (readonly string[])[] }> = ({
  rows: [head = [], ...rows],
}) => (
  <>
    <p class="soft">The first {plural(rows.length, 'row')}.</p>
    <Table
      caption="The first rows"
      columns={head.map((title) => ({ title: <Given text={title} /> }))}
    >
      {rows.map((row) => (
        <tr>
          {row.map((cell) => (
            <td>
              <Given text={cell.length > 500 ? `${cell.slice(0, 500)}…` : cell} />
            </td>
          ))}
        </tr>
      ))}
    </Table>
  </>
)
