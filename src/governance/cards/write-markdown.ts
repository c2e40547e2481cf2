import type { Nodes, Table, Text } from 'mdast'
import { gfmStrikethroughToMarkdown } from 'mdast-util-gfm-strikethrough'
import { gfmTableToMarkdown } from 'mdast-util-gfm-table'
import { type Options, toMarkdown } from 'mdast-util-to-markdown'
import { letOthersRun } from '../../core/rounds.ts'
import type { Block } from './markdown.ts'
import { countMarks, marksPerTurn } from './markdown-pieces.ts'

const writing: Options = {
  bullet: '-',
  emphasis: '*',
  fences: true,
  listItemIndent: 'one',
  resourceLink: true,
  rule: '-',
  extensions: [gfmTableToMarkdown({ tablePipeAlign: false }), gfmStrikethroughToMarkdown()],
  // However lenient a reader is, it must see no HTML and no link that is not in the tree.
  unsafe: ['<', '>', '&', ']'].map((character) => ({
    character,
    inConstruct: 'phrasing',
  })),
  handlers: {
    /** `&lt;` and not `\<`, since every reader knows it. */
    // biome-ignore lint/complexity/useMaxParams: what the library calls handlers with
    text: (node: Text, _parent, state, info) =>
      state
        .safe(node.value, { ...info, encode: ['<', '>', '&'] })
        .replaceAll('&#x3C;', '&lt;')
        .replaceAll('&#x3E;', '&gt;')
        .replaceAll('&#x26;', '&amp;'),
  },
}

/** A tree as markdown again, without a line end; a large one in turns with other requests. */
export async function writeMarkdown(blocks: readonly Block[]): Promise<string> {
  const groups = groupBlocks(blocks)
  const parts: string[] = []
  for (const group of groups) {
    parts.push(await writeGroup(group))
    if (groups.length > 1) await letOthersRun()
  }
  return parts.join('\n\n')
}

async function writeGroup(group: readonly Block[]): Promise<string> {
  const [block, ...others] = group
  if (block?.type === 'table' && others.length === 0) return writeTable(block)
  return writeOnce(group)
}

function writeOnce(blocks: readonly Block[]): string {
  return toMarkdown({ type: 'root', children: [...blocks] }, writing).replace(/\n$/, '')
}

/** Rows in turns: without padding, none depends on another. */
async function writeTable(table: Table): Promise<string> {
  const [head, ...rows] = table.children
  const rowsPerTurn = Math.max(
    1,
    Math.floor((marksPerTurn * table.children.length) / sizeOf(table)),
  )
  if (!head || rows.length <= rowsPerTurn) return writeOnce([table])
  const lines: string[] = []
  for (let from = 0; from < rows.length; from += rowsPerTurn) {
    const children = [head, ...rows.slice(from, from + rowsPerTurn)]
    lines.push(
      ...writeOnce([{ ...table, children }])
        .split('\n')
        .slice(from === 0 ? 0 : 2),
    )
    await letOthersRun()
  }
  return lines.join('\n')
}

/** Blocks in groups that are written in one turn each, as if they were written together. */
export function groupBlocks(blocks: readonly Block[]): Block[][] {
  const groups: Block[][] = []
  let size = 0
  for (const block of blocks) {
    const own = sizeOf(block)
    const group = groups.at(-1)
    // Two lists in a row are told apart by their bullets.
    const mayBegin = block.type !== 'list' || group?.at(-1)?.type !== 'list'
    size += own
    if (group && (size <= marksPerTurn || !mayBegin)) group.push(block)
    else {
      groups.push([block])
      size = own
    }
  }
  return groups
}

/** How much work a part of a tree is, about as `countMarks` counts it. */
function sizeOf(node: Nodes): number {
  const own = 'value' in node && node.type !== 'code' ? countMarks(node.value) + 1 : 1
  return 'children' in node ? node.children.reduce((sum, child) => sum + sizeOf(child), own) : own
}
