/** How elements look by themselves. */
export const base = `
*, ::before, ::after { box-sizing: border-box; }
html { scroll-padding-block: 4rem 5rem; -webkit-text-size-adjust: 100%; }
body { margin: 0; min-height: 100vh; display: flex; flex-direction: column; background: var(--paper); color: var(--ink);
  font: .875rem/1.45 var(--sans); overflow-wrap: anywhere; }
h1, h2, h3, h4, h5, h6 { line-height: 1.2; margin: 0; font-weight: 600; }
h1 { font-size: 1.625rem; }
h2 { font-size: 1.25rem; }
h3 { font-size: 1rem; }
h4, h5, h6 { font-size: .875rem; }
p, ul, ol, dl, pre, blockquote, figure { margin: 0; }
a { color: var(--link); text-underline-offset: .15em; }
strong, b { font-weight: 600; }
hr { border: 0; border-block-start: 1px solid var(--line); margin-block: 1.5rem; }
code, pre, kbd, samp { font: .9em/1.5 var(--mono); }
pre { padding: .75rem; background: var(--sunk); border-radius: 6px; overflow: auto; max-block-size: 24rem; overflow-wrap: normal; }
blockquote { padding-inline-start: .75rem; border-inline-start: 3px solid var(--line); }
time { white-space: nowrap; }
summary { min-block-size: 1.5rem; cursor: pointer; }
svg.sign { inline-size: 1em; block-size: 1em; vertical-align: -.125em; flex: none; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.unseen { position: absolute; clip-path: inset(50%); inline-size: 1px; block-size: 1px; overflow: hidden; white-space: nowrap; }
.lines-kept { white-space: pre-line; }
.soft { color: var(--soft); }
.mono { font-family: var(--mono); font-size: .93em; }
.number { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
@media (forced-colors: active) { .chip, .notice, .panel { border: 1px solid CanvasText; } }
@media not print { .print-only { display: none; } }
@media print {
  @page { margin: 18mm 16mm; }
  body { font-size: 10pt; }
  .bar, .foot, .skip, .actions, .tabs, form { display: none; }
  h1, h2, h3, caption { break-after: avoid; } tr, li, .notice { break-inside: avoid; } thead { display: table-header-group; }
  pre { max-block-size: none; overflow: visible; white-space: pre-wrap; } .region { overflow: visible; }
  details::details-content { display: block; block-size: auto; content-visibility: visible; }
}
`
