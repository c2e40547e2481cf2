import type { FC } from 'hono/jsx'
import { type Block, type Inline, parseMarkdown } from '../../governance/cards/markdown.ts'
import { lowered } from '../../governance/cards/write-card.ts'

/** Markdown as HTML. The tree holds nothing unsafe, and every text of it is escaped. */
export const Markdown: FC<{ text: string }> = ({ text }) => (
  <Blocks of={parseMarkdown(text).map(lowered)} />
)

const Blocks: FC<{ of: readonly Block[] }> = ({ of }) => (
  <>
    {of.map((block) => (
      <BlockOf block={block} />
    ))}
  </>
)

const BlockOf: FC<{ block: Block }> = ({ block }) => {
  switch (block.kind) {
    case 'heading': {
      const Heading = `h${block.level}` as 'h3'
      return (
        <Heading>
          <Inlines of={block.children} />
        </Heading>
      )
    }
    case 'paragraph':
      return (
        <p>
          <Inlines of={block.children} />
        </p>
      )
    case 'quote':
      return (
        <blockquote>
          <Blocks of={block.children} />
        </blockquote>
      )
    case 'list':
      return <List block={block} />
    case 'code':
      return (
        <pre tabindex={0}>
          <code>{block.text}</code>
        </pre>
      )
    case 'rule':
      return <hr />
    case 'table':
      return <Rows of={block.rows} />
  }
}

const List: FC<{ block: Extract<Block, { kind: 'list' }> }> = ({ block: { start, items } }) => {
  const inner = items.map((item) => (
    <li>
      <Blocks of={item} />
    </li>
  ))
  return start === undefined ? <ul>{inner}</ul> : <ol start={start}>{inner}</ol>
}

const Rows: FC<{ of: readonly (readonly (readonly Inline[])[])[] }> = ({ of: [head, ...body] }) => (
  <div class="wide">
    <table>
      <thead>
        <tr>
          {head?.map((cell) => (
            <th scope="col">
              <Inlines of={cell} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {body.map((row) => (
          <tr>
            {row.map((cell) => (
              <td>
                <Inlines of={cell} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)

const Inlines: FC<{ of: readonly Inline[] }> = ({ of }) => (
  <>
    {of.map((inline) => (
      <InlineOf inline={inline} />
    ))}
  </>
)

const InlineOf: FC<{ inline: Inline }> = ({ inline }) => {
  switch (inline.kind) {
    case 'text':
      return <>{inline.text}</>
    case 'code':
      return <code>{inline.text}</code>
    case 'break':
      return <br />
    case 'strong':
      return (
        <strong>
          <Inlines of={inline.children} />
        </strong>
      )
    case 'emphasis':
      return (
        <em>
          <Inlines of={inline.children} />
        </em>
      )
    case 'deletion':
      return (
        <del>
          <Inlines of={inline.children} />
        </del>
      )
    case 'link':
      return (
        <a href={inline.href} rel="noopener noreferrer nofollow">
          <Inlines of={inline.children} />
        </a>
      )
  }
}
