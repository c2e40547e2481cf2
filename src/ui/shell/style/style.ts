import { base } from './base.ts'
import { charts } from './charts.ts'
import { components } from './components.ts'
import { layout } from './layout.ts'
import { pages } from './pages.ts'
import { settings } from './settings.ts'
import { tokens } from './tokens.ts'
import { traces } from './traces.ts'

/** The one stylesheet of all pages. Later layers win. */
export const style = [
  '@layer tokens, base, layout, components, charts, pages, settings, traces;',
  ...Object.entries({ tokens, base, layout, components, charts, pages, settings, traces }).map(
    ([layer, rules]) => `@layer ${layer} {${rules}}`,
  ),
].join('\n')
