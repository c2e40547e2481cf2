/** What single pages need beside the components. */
export const pages = `
.prose { font-size: 1rem; line-height: 1.6; max-inline-size: 68ch; }
.prose > * + * { margin-block-start: .75rem; }
.prose h1, .prose h2, .prose h3, .prose h4, .prose h5, .prose h6 { font-size: 1rem; }
.prose table { font-size: .875rem; }
.field { display: grid; gap: .5rem; grid-template-columns: minmax(0, 1fr); }
.caution { padding: .75rem 1rem; background: var(--warn-tint); border-inline-start: 3px solid var(--warn); border-radius: 4px; }
.gap { margin-inline-start: .75rem; color: var(--soft); font-weight: 400; }
.meter { inline-size: 40%; }
meter { inline-size: 100%; block-size: .7rem; vertical-align: middle; }
meter::-webkit-meter-optimum-value { background: var(--link); }
meter::-moz-meter-bar { background: var(--link); }
.recorded { display: grid; gap: .5rem; grid-template-columns: minmax(0, 1fr); }
.recorded > h2, .recorded > h3 { margin: 0; } .recorded > h3 { margin-block-start: .5rem; font-size: .875rem; }
.recorded .region { background: var(--paper); }
.operation { border: 1px solid var(--line); border-radius: 6px; }
.operation > summary { padding: .5rem .75rem; }
.operation > div { padding: .5rem .75rem .75rem; border-block-start: 1px solid var(--line); display: grid; gap: .5rem; grid-template-columns: minmax(0, 1fr); }
.operation > summary .byline { display: block; margin-inline-start: 1.1rem; }
.method { display: inline-block; min-inline-size: 4.2rem; color: var(--link); font-weight: 600; }
.byline { color: var(--soft); }
.fields { padding: 0; list-style: none; }
.fields > li { padding-block: .375rem; border-block-end: 1px solid var(--line); }
.fields .fields { margin: .375rem 0 0 .25rem; padding-inline-start: 1rem; border-inline-start: 2px solid var(--line); }
.fields .fields > li:last-child { border-block-end: 0; }
.decision { display: grid; gap: 1.5rem; grid-template-columns: minmax(0, 1fr) 22rem; grid-template-rows: auto 1fr; align-items: start; }
.decision > .grounds { grid-column: 1; grid-row: 1 / span 2; }
.decision > :not(.grounds) { grid-column: 2; }
.reach { display: none; }
@media (max-width: 60rem) {
  .decision { grid-template-columns: minmax(0, 1fr); grid-template-rows: none; }
  .decision > .grounds, .decision > :not(.grounds) { grid-column: 1; grid-row: auto; }
  .reach { position: sticky; z-index: 2; inset-block-end: 0; display: flex; gap: .75rem; align-items: center; justify-content: space-between; margin-inline: -1rem; padding: .5rem 1rem calc(.5rem + env(safe-area-inset-bottom)); background: var(--panel); border-block-start: 1px solid var(--line); }
}
.board { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); }
.board h2 { font-size: 1rem; margin: 0; }
@media (max-width: 48rem) { .board > .quiet-stage { order: 1; } }
.audit-filter > label { flex: 1 1 10rem; max-inline-size: 24rem; } .audit-filter > .short-field { flex: 0 1 5rem; } .audit-filter > .problem { flex: 1 0 100%; }
.audit-filter input, .audit-filter select { min-block-size: 2.5rem; }
.entry-links { white-space: nowrap; } .log td { inline-size: 100%; } .log td.wide-only { inline-size: auto; white-space: nowrap; }
@media (max-width: 48rem) { .log .region th:first-child { min-inline-size: 0; } }

.share { display: block; inline-size: 6rem; margin-inline-start: auto; } @media (max-width: 48rem) { .cards .share { inline-size: 100%; } }
.moved { fill: none; stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 4 3; vector-effect: non-scaling-stroke; } .moved.by-guard { stroke: var(--bad); stroke-width: 2.5; stroke-dasharray: none; }
.chosen-metric > label { max-inline-size: 24rem; }
.dots.broken { stroke: var(--bad); } .dots.staged { stroke: var(--ink); stroke-width: 13; } .dots.inside { stroke: var(--paper); stroke-width: 10; }
.bound { fill: none; stroke: var(--bad); stroke-width: 1; stroke-dasharray: 2 4; vector-effect: non-scaling-stroke; }
table.text-diff td { padding-block: .0625rem; border: 0; white-space: pre-wrap; } table.text-diff td:first-child { inline-size: 1.5rem; user-select: none; }
.held td:has(> svg) { inline-size: 40%; min-inline-size: 10rem; } .held td > svg { display: block; inline-size: 100%; block-size: .75rem; } @media (max-width: 48rem) { .held td:has(> svg) { inline-size: auto; } }
.held .track { fill: var(--sunk); } .held .was { fill: var(--control); } .held .there { fill: var(--special); } .held .there.good { fill: var(--good); } .held .there.info { fill: var(--link); }
.lineage-graph { display: flex; gap: 1.5rem; margin: 0; padding: .75rem; overflow-x: auto; list-style: none; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; }
.lineage-graph > li { position: relative; flex: 1 1 6rem; min-inline-size: 5rem; overflow-wrap: anywhere; } .lineage-graph h3 { margin: 0 0 .25rem; font-size: .75rem; font-weight: 600; color: var(--soft); }
.lineage-graph > li + li::before { content: "→" / ""; position: absolute; inset-inline-start: -1.25rem; inset-block-start: 1.25rem; color: var(--soft); }
@media (max-width: 48rem) {
  .lineage-graph { flex-direction: column; gap: 1.5rem; } .lineage-graph > li { flex: none; } .lineage-graph > li + li::before { content: "↓" / ""; inset-inline-start: 0; inset-block-start: -1.375rem; }
}
.turn { display: inline-block; min-inline-size: 1.5rem; padding: .125rem .25rem; border-radius: 4px; text-align: center; text-decoration: none; } .turn:hover { background: var(--sunk); }
td.added { background: var(--added); } td.removed { background: var(--removed); }
.template { font-family: var(--mono); font-size: .93em; white-space: pre-wrap; overflow-wrap: anywhere; max-inline-size: 100ch; }
.template mark { padding-inline: .125rem; border-radius: 3px; background: var(--link-tint); color: var(--link); }
ins { background: var(--added-mark); color: var(--ink); } del { background: var(--removed-mark); color: var(--ink); }
`
