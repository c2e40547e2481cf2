/** What pages of traces need beside the components. */
export const traces = `
.excerpt { min-inline-size: 14rem; }
.trace { display: grid; gap: 1.5rem; grid-template-columns: minmax(0, 1fr) minmax(24rem, 34rem); align-items: start; }
.waterfall { padding-block: .25rem; overflow-x: visible; }
.spans { padding: 0; list-style: none; }
.span-row { display: grid; grid-template-columns: minmax(14rem, 24rem) minmax(0, 1fr); gap: .75rem; align-items: center; padding-inline: .5rem .75rem; }
.span-row[hidden] { display: none; } .spans > .span-row:hover { background: var(--panel); }
.span-row > a { display: flex; gap: .5rem; justify-content: space-between; align-items: baseline; padding-block: .1875rem; color: var(--ink); text-decoration: none; border-radius: 4px; min-inline-size: 0; }
.span-row > a:hover .span-name > bdi, .span-row.more > a:hover { text-decoration: underline; }
.span-row.more > a { color: var(--link); justify-content: start; }
.span-row > a[aria-current] { background: var(--sel); box-shadow: inset 3px 0 var(--link); font-weight: 600; }
.span-row > a:focus-visible { outline-offset: -2px; }
.span-time { color: var(--soft); font-variant-numeric: tabular-nums; white-space: nowrap; font-weight: 400; } .span-time .sign, .scale .sign { color: var(--link); font-size: .625rem; }
.span-row > svg { inline-size: 100%; block-size: .75rem; }
.span-row rect { fill: var(--control); } .span-row rect.critical { fill: var(--link); } .span-row rect.failed { fill: var(--bad); }
.scale { font-size: .75rem; padding-block: .25rem .5rem; } .scale .axis-x { grid-column: auto; }
.span-panel { display: grid; gap: .75rem; grid-template-columns: minmax(0, 1fr); } .span-panel > h2 { margin: 0; }
.span-panel details > :not(summary) { margin-block-start: .375rem; }
.turns { max-inline-size: 60rem; gap: 1.5rem; } .speech { justify-self: start; max-inline-size: min(100%, 48rem); padding: .5rem .75rem; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; } .speech.answer { justify-self: end; background: var(--link-tint); } .speech .lines-kept { white-space: pre-wrap; }
.json ul { padding-inline-start: 1rem; list-style: none; border-inline-start: 1px solid var(--line); } .json > ul { padding-inline-start: 0; border: 0; }
.json li { padding-block: .0625rem; } .json .key { color: var(--soft); } .json .lines-kept { white-space: pre-wrap; }
.json summary > .soft { font-size: .8125rem; }
${Array.from({ length: 13 }, (_, i) => `.indent-${i} { padding-inline-start: ${(0.5 + i * 0.875).toFixed(3)}rem; }`).join(' ')}
@media (min-width: 75.01rem) { .span-panel { position: sticky; inset-block-start: 1rem; max-block-size: calc(100vh - 2rem); overflow: auto; } }
@media (max-width: 75rem) { .trace { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 48rem) {
  .span-row { grid-template-columns: minmax(0, 1fr); gap: 0; padding-block: .25rem; } .span-row > svg { block-size: .5rem; }
  ${Array.from({ length: 13 }, (_, i) => `.indent-${i} { padding-inline-start: ${(0.375 + i * 0.5).toFixed(3)}rem; }`).join(' ')}
}
@media (forced-colors: active) { .span-row rect { fill: CanvasText; } }
`
