import type { FC } from 'hono/jsx'
import { countText } from './text.tsx'

type TabsProps = {
  readonly label: string
  readonly items: readonly {
    readonly href: string
    readonly text: string
    readonly count?: number | undefined
    readonly isCurrent?: boolean
    /** The key that leads there. */
    readonly shortcut?: string
  }[]
}

/** Links between views of one thing. */
export const Tabs: FC<TabsProps> = ({ label, items }) => (
  <nav class="tabs" aria-label={label}>
    <ul>
      {items.map(({ href, text, count, isCurrent, shortcut }) => (
        <li>
          <a href={href} aria-current={isCurrent ? 'page' : undefined} data-key={shortcut}>
            {text}
            {count === undefined ? '' : ` ${countText(count)}`}
          </a>
        </li>
      ))}
    </ul>
  </nav>
)
