/** Colours by their meaning. Every contrast in docs/ui.md is computed from these by a test. */
export const light = {
  paper: '#ffffff',
  panel: '#f6f8fa',
  sunk: '#eceff3',
  sel: '#e3effc',
  ink: '#1a212b',
  soft: '#525d6b',
  link: '#0b5cad',
  'link-tint': '#e7f1fc',
  good: '#17663a',
  'good-tint': '#e6f4ea',
  bad: '#a8202c',
  'bad-tint': '#fdebec',
  warn: '#7a4b00',
  'warn-tint': '#fff3dc',
  special: '#6a3fb0',
  'special-tint': '#f1ebfb',
  control: '#737f8d',
  line: '#d8dee6',
  'on-link': '#ffffff',
  'on-bad': '#ffffff',
  added: '#dff5e4',
  'added-mark': '#a6e0b5',
  removed: '#fde6e7',
  'removed-mark': '#f5b5b9',
  'series-0': '#4458a7',
  'series-1': '#bd6545',
  'series-2': '#05836b',
  'series-3': '#832369',
  'series-4': '#6b4a00',
  'series-5': '#8464ea',
  'series-6': '#7c1829',
  'series-7': '#728f01',
  'series-8': '#8c6ca1',
  'series-9': '#129ce1',
  'ramp-0': '#7d95c6',
  'ramp-1': '#5d78b8',
  'ramp-2': '#4458a7',
  'ramp-3': '#2f3d80',
  'ramp-4': '#161d4a',
} as const

export const dark: Readonly<Record<keyof typeof light, string>> = {
  paper: '#11161c',
  panel: '#19202a',
  sunk: '#0c1015',
  sel: '#16304f',
  ink: '#e5e9ef',
  soft: '#a3aebb',
  link: '#82b8f2',
  'link-tint': '#12263d',
  good: '#74d49b',
  'good-tint': '#10281b',
  bad: '#ff9aa1',
  'bad-tint': '#33151a',
  warn: '#f2c265',
  'warn-tint': '#2e230c',
  special: '#c3a6f5',
  'special-tint': '#231a38',
  control: '#748292',
  line: '#2d3845',
  'on-link': '#0b1520',
  'on-bad': '#1d0a0c',
  added: '#10281b',
  'added-mark': '#1f5636',
  removed: '#33151a',
  'removed-mark': '#7a2a33',
  'series-0': '#5b66ca',
  'series-1': '#de9065',
  'series-2': '#48bfa7',
  'series-3': '#8b80ab',
  'series-4': '#facb35',
  'series-5': '#9ab0ff',
  'series-6': '#d14068',
  'series-7': '#bdf17a',
  'series-8': '#efe9c1',
  'series-9': '#a4f4f6',
  'ramp-0': '#5f76bd',
  'ramp-1': '#8199d8',
  'ramp-2': '#a8bcf0',
  'ramp-3': '#d0dcfb',
  'ramp-4': '#ffffff',
}

const declared = (colours: Readonly<Record<string, string>>) =>
  Object.entries(colours)
    .map(([name, value]) => `--${name}: ${value};`)
    .join(' ')

export const tokens = `
:root { color-scheme: light dark; ${declared(light)}
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
@media (prefers-color-scheme: dark) { :root { ${declared(dark)} } }
:root[data-theme="light"] { color-scheme: light; ${declared(light)} }
:root[data-theme="dark"] { color-scheme: dark; ${declared(dark)} }
@media print { :root:root { color-scheme: light; ${declared(light)} } }
`
