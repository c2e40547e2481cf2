import type { FC } from 'hono/jsx'

/** Drawings of 16 by 16 units, in the colour of their text. Each stands before a word that says the same. */
const drawings = {
  ring: 'M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11z',
  half: 'M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11',
  full: 'M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11z',
  box: 'M2.5 3h11v3h-11zM3.5 6v7h9V6M6.5 8.5h3',
  diamond: 'M8 2l6 6l-6 6l-6-6z',
  check: 'M3 8.5l3.5 3.5l6.5-7.5',
  cross: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  glass: 'M4 2h8M4 14h8M5 2v2.5l3 3.5l3-3.5V2M5 14v-2.5l3-3.5l3 3.5V14',
  warning: 'M8 2l6.5 11.5h-13zM8 6.5v3.5M8 11.5v1',
  merge: 'M4 2v12M4 6c0 3 8 2 8 7M9.5 11l2.5 3l2.5-3',
  none: 'M8 2.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 0 0 0-11zM4.2 11.8l7.6-7.6',
  up: 'M8 13V3M4 7l4-4l4 4',
  down: 'M8 3v10M4 9l4 4l4-4',
  seal: 'M8 1.5l5.5 2v4.5c0 3-2.5 5.5-5.5 6.5c-3-1-5.5-3.5-5.5-6.5V3.5zM5.5 8l2 2l3.5-4',
  menu: 'M2 4h12M2 8h12M2 12h12',
  person: 'M8 8.5a3 3 0 1 0 0-6a3 3 0 0 0 0 6zM2.5 14c.5-3 2.5-4 5.5-4s5 1 5.5 4',
} as const

export type SignName = keyof typeof drawings

const filled: ReadonlySet<SignName> = new Set(['full', 'diamond'])

/** Hidden from readers: the word beside it is what is read. */
export const Sign: FC<{ readonly of: SignName }> = ({ of }) => (
  <svg class="sign" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    {of === 'half' ? <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" /> : null}
    <path
      d={drawings[of]}
      fill={filled.has(of) ? 'currentColor' : 'none'}
      stroke="currentColor"
      stroke-width="1.5"
      stroke-linecap="round"
      stroke-linejoin="round"
    />
  </svg>
)
