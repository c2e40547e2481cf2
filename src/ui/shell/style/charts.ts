/** Drawings that the server makes. Their lines keep their width however they are stretched. */
export const charts = `
.charts { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); }
.chart { display: grid; gap: .5rem; grid-template-columns: minmax(0, 1fr); align-content: start; padding: .75rem 1rem; border: 1px solid var(--line); border-radius: 6px; min-inline-size: 0; }
.chart > figcaption { position: relative; } .chart > figcaption:has(> button) { padding-inline-end: 4rem; } .chart > figcaption > button { position: absolute; inset-block-start: -.25rem; inset-inline-end: 0; }
.plot { display: grid; grid-template-columns: minmax(3rem, max-content) minmax(0, 1fr); gap: .25rem .5rem; }
.plot > svg { overflow: visible; inline-size: 100%; block-size: 12rem; }
.large-chart .plot > svg { block-size: 24rem; max-block-size: 60vh; }
.axis-y { display: flex; flex-direction: column; justify-content: space-between; text-align: end; } .axis-y > :only-child { margin-block: auto; }
.axis-x { grid-column: 2; display: flex; justify-content: space-between; }
.axis-x > span { inline-size: 0; display: flex; justify-content: center; white-space: nowrap; } .axis-x > :first-child { justify-content: flex-start; } .axis-x > :last-child { justify-content: flex-end; } .axis-x > :only-child { inline-size: 100%; justify-content: center; }
.axis-x.slots > * { flex: 1; justify-content: center; align-items: center; gap: .125rem; } .slots svg { inline-size: .75rem; block-size: .75rem; }
.axis-x, .axis-y { color: var(--soft); font-size: .75rem; font-variant-numeric: tabular-nums; line-height: 1; }
.figure { font-size: 1.625rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.grid { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.line, .dots, .marks { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; vector-effect: non-scaling-stroke; }
.dots { stroke-width: 7; stroke-linecap: round; } .marks { stroke: var(--bad); stroke-width: 3; }
.band { fill: currentColor; fill-opacity: .3; stroke: currentColor; stroke-opacity: .7; stroke-width: 1; vector-effect: non-scaling-stroke; }
.smoothed > .line, .smoothed > .dots, .smoothed > .band { stroke-opacity: .35; } .smoothed > .band { fill-opacity: .1; } .smoothed > .smooth { stroke-opacity: 1; }
.chart-settings { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end; } .chart-settings > label { flex: 0 1 9rem; } .chart-settings > label.choice { min-block-size: 2.4375rem; align-items: center; flex: none; }
.zoom { fill: var(--link); fill-opacity: .2; stroke: none; }
.dashed > .line { stroke-dasharray: 6 3; } .dotted > .line { stroke-dasharray: 2 2; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; list-style: none; }
.legend li { display: flex; gap: .5rem; align-items: center; min-inline-size: 0; } .legend svg { inline-size: 1.5rem; block-size: .5rem; flex: none; }
.legend button { min-block-size: 1.5rem; padding: 0 .25rem; border: 0; background: none; color: var(--ink); font-weight: 400; text-align: start; white-space: normal; overflow-wrap: anywhere; } .legend button:hover { color: var(--link); text-decoration: underline; } .hidden-line > button > bdi, .hidden-line > a { text-decoration: line-through; } .hidden-line > button > svg { visibility: hidden; } [aria-pressed="true"] { font-weight: 600; }
.parallel { overflow-x: auto; } .parallel > svg { display: block; inline-size: 100%; min-inline-size: 48rem; font: .8125rem var(--sans); }
.parallel text { fill: var(--ink); paint-order: stroke; stroke: var(--paper); stroke-width: 4px; stroke-linejoin: round; } .parallel .axis-title { font-weight: 600; } .parallel .tick { font-size: .75rem; }
.axis { fill: none; stroke: var(--control); stroke-width: 1.5; } .thread { fill: none; stroke: currentColor; stroke-opacity: .6; stroke-width: 1.25; stroke-linejoin: round; }
.brush { fill: transparent; cursor: row-resize; } .kept { fill: var(--link); fill-opacity: .2; stroke: var(--link); stroke-width: 1; }
.trend { fill: none; stroke: var(--soft); stroke-width: 2; stroke-dasharray: 6 4; vector-effect: non-scaling-stroke; }
.reference { fill: none; stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 8 4; vector-effect: non-scaling-stroke; } .reference.live { stroke-dasharray: 2 3; }
.no-series { color: var(--soft); }
.chart-settings > details[open] { flex-basis: 100%; } .kept-parts { display: grid; grid-template-columns: repeat(2, minmax(0, 9rem)); gap: .5rem; align-items: end; padding-block: .5rem; } .axes-chosen { display: flex; flex-wrap: wrap; gap: .5rem; margin: 0; padding: 0; list-style: none; } .axes-chosen > li { padding: .25rem .5rem; border: 1px solid var(--line); border-radius: 4px; } .axes-chosen a { display: inline-block; min-inline-size: 1.5rem; text-align: center; text-decoration: none; }
.narrow-part { display: none; }
@media (max-width: 48rem) { .wide-part { display: none; } .narrow-part { display: grid; } }
${Array.from({ length: 5 }, (_, i) => `.ramp-${i} { color: var(--ramp-${i}); }`).join(' ')}
${Array.from({ length: 10 }, (_, i) => `.series-${i} { color: var(--series-${i}); }`).join(' ')}
@media (forced-colors: active) { .line, .dots, .thread { stroke: CanvasText; } .kept { stroke: Highlight; } }
`
