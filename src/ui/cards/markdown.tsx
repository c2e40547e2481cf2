import { raw } from 'hono/html'
import type { FC } from 'hono/jsx'
import type { List, Nodes, TableRow } from 'mdast'
import { letOthersRun } from '../../core/rounds.ts'
import { parseMarkdown } from '../../governance/cards/markdown.ts'
import { lowered } from '../../governance/cards/write-card.ts'
import { groupBlocks } from '../../governance/cards/write-markdown.ts'
import { Region } from '../parts/table.tsx'
import { visibleText } from '../parts/text.tsx'

const lineEnds = /^[\n\r\t]$/

/** Markdown as HTML, a long text in turns with other requests. Nothing in the tree is unsafe, and all its text is escaped. */
export async function writeHtml(text: string): Promise<Html> {
  const groups = groupBlocks((await parseMarkdown(text)).map(lowered))
  const parts: string[] = []
  for (const group of groups) {
    parts.push(String(await (<All of={group} />)))
    if (groups.length > 1) await letOthersRun()
  }
  return raw(parts.join(''))
}

/** Text that is HTML already. */
export type Html = ReturnType<typeof raw>

const All: FC<{ of: readonly Nodes[] }> = ({ of }) => (
  <>
    {of.map((node) => (
      <One node={node} />
    ))}
  </>
)

const One: FC<{ node: Nodes }> = ({ node }) => {
  switch (node.type) {
    case 'heading': {
      const Heading = `h${node.depth}` as const
      return (
        <Heading>
          <All of={node.children} />
        </Heading>
      )
    }
    case 'paragraph':
      return (
        <p>
          <All of={node.children} />
        </p>
      )
    case 'blockquote':
      return (
        <blockquote>
          <All of={node.children} />
        </blockquote>
      )
    case 'list':
      return <Items list={node} />
    case 'code':
      return (
        <pre tabindex={0}>
          <code>{visibleText(node.value, lineEnds)}</code>
        </pre>
      )
    case 'thematicBreak':
      return <hr />
    case 'table':
      return <Rows of={node.children} />
    case 'inlineCode':
      return <code>{visibleText(node.value)}</code>
    case 'break':
      return <br />
    case 'strong':
      return (
        <strong>
          <All of={node.children} />
        </strong>
      )
    case 'emphasis':
      return (
        <em>
          <All of={node.children} />
        </em>
      )
    case 'delete':
      return (
        <del>
          <All of={node.children} />
        </del>
      )
    case 'link':
      return (
        <a href={node.url} rel="noopener noreferrer nofollow">
          <All of={node.children} />
        </a>
      )
    case 'text':
    case 'html':
      return <>{visibleText(node.value, lineEnds)}</>
    default:
      return 'children' in node ? <All of={node.children} /> : null
  }
}

const Items: FC<{ list: List }> = ({ list: { ordered, start, children } }) => {
  const items = children.map((item) => (
    <li>
      <All of={item.children} />
    </li>
  ))
  return ordered ? <ol start={start ?? 1}>{items}</ol> : <ul>{items}</ul>
}

const Rows: FC<{ of: readonly TableRow[] }> = ({ of: [head, ...body] }) => (
  <Region>
    <table>
      <thead>
        <tr>
          {head?.children.map((cell) => (
            <th scope="col">
              <All of={cell.children} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {body.map((row) => (
          <tr>
            {row.children.map((cell) => (
              <td>
                <All of={cell.children} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </Region>
)
