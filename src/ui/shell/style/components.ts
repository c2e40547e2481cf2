/** What pages are made of. Colour means status and nothing else. */
export const components = `
.chip { display: inline-flex; align-items: center; gap: .3rem; max-inline-size: 100%; padding: 0 .4rem; border: 1px solid var(--control); border-radius: 4px; background: var(--sunk); color: var(--soft); font-size: .8125rem; line-height: 1.5; }
.chip > bdi { min-inline-size: 0; overflow-wrap: break-word; }
.chip.info { background: var(--link-tint); border-color: var(--link); color: var(--link); }
.chip.good { background: var(--good-tint); border-color: var(--good); color: var(--good); }
.chip.bad { background: var(--bad-tint); border-color: var(--bad); color: var(--bad); }
.chip.warn { background: var(--warn-tint); border-color: var(--warn); color: var(--warn); }
.chip.special { background: var(--special-tint); border-color: var(--special); color: var(--special); }
.chip.archived { border-style: dashed; }
a.chip { text-decoration: none; } a.chip:hover { text-decoration: underline; }
.good-text { color: var(--good); font-weight: 600; } .bad-text { color: var(--bad); font-weight: 600; } .warn-text { color: var(--warn); font-weight: 600; }
.notice { padding: .5rem .75rem; border-inline-start: 3px solid var(--link); border-radius: 4px; background: var(--link-tint); }
.notice.good { border-color: var(--good); background: var(--good-tint); }
.notice.bad { border-color: var(--bad); background: var(--bad-tint); }
.notice.warn { border-color: var(--warn); background: var(--warn-tint); }
.notice > * + * { margin-block-start: .375rem; }
.panel { padding: .75rem 1rem; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; }
.panel pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.panel > h2, .panel > h3 { font-size: 1rem; margin-block-end: .5rem; }
.region { position: relative; overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; }
.region table { inline-size: 100%; }
table { border-collapse: collapse; line-height: 1.35; font-variant-numeric: tabular-nums; }
caption { text-align: start; padding: .5rem .75rem; font-weight: 600; }
th, td { padding: .5rem .75rem; border-block-end: 1px solid var(--line); text-align: start; vertical-align: top; font-weight: 400; overflow-wrap: break-word; }
:root[data-density="compact"] :is(th, td) { padding-block: .1875rem; }
tbody tr:last-child > * { border-block-end: 0; }
thead th { color: var(--soft); font-size: .75rem; font-weight: 600; white-space: nowrap; background: var(--panel); }
tbody tr:hover > * { background: var(--panel); }
td.number, th.number { text-align: end; }
.differs { background: var(--warn-tint); }
.facts { display: grid; grid-template-columns: minmax(6rem, max-content) minmax(0, 1fr); gap: .375rem 1rem; }
.facts dt { color: var(--soft); } .facts dd { margin: 0; }
.plain { padding: 0; list-style: none; display: grid; gap: .5rem; grid-template-columns: minmax(0, 1fr); }
.lines > li:first-child { padding-block-start: 0; }
.lines > li { padding-block: .5rem; border-block-end: 1px solid var(--line); }
.lines > li:last-child { border-block-end: 0; }
.empty { padding: 1.5rem; border: 1px dashed var(--control); border-radius: 6px; display: grid; gap: .75rem; grid-template-columns: minmax(0, 1fr); } p.empty { display: block; }
form { display: grid; gap: .75rem; margin: 0; grid-template-columns: minmax(0, 1fr); }
label, .label { display: grid; gap: .25rem; font-weight: 600; }
label.choice { display: flex; align-items: start; gap: .5rem; max-inline-size: 100%; font-weight: 400; white-space: normal; }
.hint { color: var(--soft); font-weight: 400; font-size: .8125rem; }
input, textarea, select { inline-size: 100%; padding: .5rem .625rem; border: 1px solid var(--control); border-radius: 4px; background: var(--paper); color: inherit; font: inherit; font-weight: 400; min-block-size: 2.25rem; } select { min-block-size: 2.375rem; }
::placeholder { color: var(--soft); opacity: 1; }
input[type="checkbox"], input[type="radio"] { inline-size: 1.25rem; block-size: 1.25rem; min-block-size: 0; flex: none; margin: 0; accent-color: var(--link); }
input[type="hidden"] { display: none; }
textarea { min-block-size: 4.5rem; resize: vertical; line-height: 1.45; }
[aria-invalid="true"] { border-color: var(--bad); border-width: 2px; }
.problem { padding: .5rem .75rem; border-inline-start: 3px solid var(--bad); border-radius: 4px; background: var(--bad-tint); color: var(--bad); }
button, .button { display: inline-flex; align-items: center; justify-content: center; gap: .375rem; min-block-size: 2.4375rem; padding: .375rem .875rem; border: 1px solid var(--link); border-radius: 4px; background: var(--link); color: var(--on-link); font: inherit; font-weight: 600; text-decoration: none; cursor: pointer; white-space: nowrap; }
button.quiet, .button.quiet { background: var(--paper); border-color: var(--control); color: var(--link); }
button.danger, .button.danger { background: var(--bad); border-color: var(--bad); color: var(--on-bad); }
button.quiet.danger, .button.quiet.danger { background: var(--paper); border-color: var(--bad); color: var(--bad); }
button:hover, .button:hover { text-decoration: underline; }
button[disabled] { background: var(--sunk); border-color: var(--control); color: var(--soft); cursor: not-allowed; text-decoration: none; }
button.link { min-block-size: 1.5rem; padding: 0; border: 0; background: none; color: var(--link); font-weight: 400; text-decoration: underline; text-underline-offset: .15em; white-space: normal; text-align: start; }
.wide-button { inline-size: 100%; }
.strip { display: flex; flex-wrap: wrap; gap: .5rem; margin: 0; padding: 0; list-style: none; } .strip > li { display: flex; flex-wrap: wrap; gap: 0 .5rem; align-items: center; max-inline-size: 100%; padding: .25rem .625rem; border: 1px solid var(--line); border-radius: 6px; overflow-wrap: anywhere; } .strip > li:has(> .leave, > form) { padding: .125rem .125rem .125rem .625rem; } .strip button { flex: none; } .strip .leave { min-inline-size: 2rem; min-block-size: 2rem; padding: 0; border: 0; background: none; color: var(--soft); } .strip .leave:hover { color: var(--link); } .search.add-run > label { flex: 0 1 18rem; } .add-run > a { align-self: end; min-block-size: 2.4375rem; } td > .change { min-inline-size: 6rem; white-space: normal; font-size: .75rem; color: var(--soft); }
.search { display: flex; gap: .5rem; flex-wrap: wrap; } .search > label { flex: 1 1 18rem; } .search > .row { flex: 1 0 100%; align-items: center; } .search .columns { flex: 0 1 auto; } .search .columns[open] { flex-basis: 100%; } .group-choice { display: flex; align-items: center; gap: .5rem; white-space: nowrap; } .group-choice select { inline-size: auto; } .search > button { align-self: end; min-block-size: 2.4375rem; } .search[data-complete] { position: relative; } .suggestions { position: absolute; z-index: 4; inset-inline: 0; max-block-size: 22rem; overflow: auto; margin: 0; padding: .25rem; list-style: none; background: var(--paper); border: 1px solid var(--control); border-radius: 6px; box-shadow: 0 8px 24px #0003; } .suggestions > li { display: flex; gap: 1rem; justify-content: space-between; padding: .375rem .5rem; border-radius: 4px; cursor: pointer; overflow-wrap: anywhere; } .suggestions > li[aria-selected="true"], .suggestions > li:hover { background: var(--sel); } .suggestions > li > .soft { white-space: nowrap; } .search > .problem { flex: 1 0 100%; display: grid; gap: .5rem; grid-template-columns: minmax(0, 1fr); } .problem > p { margin: 0; } .mistake { overflow-wrap: anywhere; color: var(--ink); } .mistake mark { padding: .1rem .2rem; background: none; color: var(--bad); font-weight: 600; text-decoration: underline wavy; }
.themes { display: grid; grid-template-columns: max-content repeat(3, 1fr); align-items: center; gap: .25rem; padding: .375rem 0 .5rem .625rem; } .themes button { padding-inline: .5rem; font-weight: 400; } .themes [aria-pressed="true"] { background: var(--sunk); border-color: var(--ink); color: var(--ink); font-weight: 600; }
td > form { min-inline-size: 6rem; } td > form > button { justify-self: start; }
.panel .region { background: var(--paper); }
.fields-row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; } .fields-row > label { flex: 1 1 9rem; } .fields-row > label.choice { min-block-size: 2.25rem; align-items: center; flex: none; } .fields-row > input { inline-size: 5rem; } .fields-row > button { max-inline-size: 100%; white-space: normal; }
.dimmed > * { color: var(--soft); } .depth-1 { padding-inline-start: 1.75rem; } .depth-2 { padding-inline-start: 3.00rem; } .depth-3 { padding-inline-start: 4.25rem; } .depth-4 { padding-inline-start: 5.50rem; } .depth-5 { padding-inline-start: 6.75rem; } .depth-6 { padding-inline-start: 8.00rem; } .parts { white-space: nowrap; } .region input[type="checkbox"] { vertical-align: middle; inline-size: 1.5rem; block-size: 1.5rem; } .short { display: inline-block; min-inline-size: 1.5rem; min-block-size: 1.5rem; text-align: center; }
.columns { flex: 1 0 100%; } .columns[open] > div { margin-block-start: .5rem; padding: .75rem 1rem; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; }
fieldset { margin: 0; padding: 0; border: 0; min-inline-size: 0; } legend { padding: 0; font-weight: 600; }
.halves { display: grid; gap: 1.5rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr)); align-items: start; }
pre.whole { max-block-size: none; }
.lines > span > a { display: inline-block; min-inline-size: 4ch; margin-inline-end: 1rem; color: var(--soft); text-align: end; text-decoration: none; user-select: none; } .lines > span > a::before { content: attr(data-line); } .lines > span:target { background: var(--sel); }
.tree { overflow-x: auto; } .tree ul { margin: 0; padding-inline-start: 1.25rem; list-style: none; border-inline-start: 1px solid var(--line); } .tree li > details { display: inline-block; vertical-align: top; max-inline-size: 100%; } .tree summary { color: var(--soft); }
iframe { inline-size: 100%; block-size: 70vh; background: #ffffff; border: 1px solid var(--line); border-radius: 6px; }
.cell { display: grid; gap: .5rem; grid-template-columns: minmax(0, 1fr); padding-inline-start: .75rem; border-inline-start: 3px solid var(--line); }
audio.preview, video.preview { inline-size: 100%; max-inline-size: 60rem; } .preview { max-inline-size: 100%; block-size: auto; background: #ffffff; border: 1px solid var(--line); }
.card-form { max-inline-size: 52rem; } .label-size { font-size: .875rem; }
.dialog { max-inline-size: 44rem; display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); }
.dialog > ul { padding-inline-start: 1.25rem; display: grid; gap: .375rem; }
.or { display: flex; align-items: center; gap: .75rem; color: var(--soft); } .or::before, .or::after { content: ""; flex: 1; border-block-start: 1px solid var(--line); }
button.small { min-block-size: 1.5rem; padding: 0 .5rem; font-size: .8125rem; font-weight: 400; }
dialog { max-inline-size: min(44rem, calc(100vw - 2rem)); max-block-size: calc(100vh - 2rem); overflow: auto; padding: 1.25rem 1.5rem; border: 1px solid var(--control); border-radius: 10px; background: var(--paper); color: inherit; box-shadow: 0 8px 24px #0003; }
dialog[open] { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); align-content: start; } dialog > button { justify-self: start; }
dialog::backdrop { background: #0008; }
kbd { padding: .0625rem .375rem; border: 1px solid var(--control); border-radius: 4px; background: var(--panel); }
button.copy { display: block; margin-inline-start: auto; margin-block-end: .25rem; }
[data-part]:empty { display: none; }
.fold > summary { padding-block: .5rem; color: var(--link); font-weight: 600; } .fold[open] > summary { margin-block-end: .5rem; }
@supports selector(::details-content) { @media (min-width: 48.01rem) { .fold > summary { display: none; } .fold::details-content { block-size: auto; content-visibility: visible; } } }
.offer { position: fixed; inset-block-end: 1rem; inset-inline-end: 1rem; z-index: 3; box-shadow: 0 8px 24px #0003; }
.changed { outline: 2px solid var(--link); outline-offset: 4px; }
@media (pointer: coarse) { button, .button, input, select, .tabs a { min-block-size: 2.75rem; } }
@media (max-width: 48rem) {
  .facts { grid-template-columns: minmax(0, 1fr); gap: 0; } .facts dd { margin-block-end: .5rem; }
  .region th[scope="row"], .region thead th:first-child { position: sticky; inset-inline-start: 0; background: var(--paper); z-index: 1; min-inline-size: 7rem; max-inline-size: 10rem; }
  .region thead th:first-child { background: var(--panel); }
  th, td { padding: .5rem; }
  .send { position: sticky; z-index: 2; inset-block-end: 0; margin-inline: -1rem; padding: .375rem 1rem calc(.375rem + env(safe-area-inset-bottom)); background: var(--panel); border-block-start: 1px solid var(--line); } .send > a { padding-block: .625rem; } dialog .send { margin-inline: -1.5rem; padding-inline: 1.5rem; inset-block-end: -1.25rem; }
  .actions > :is(a, button).button:not(.quiet), .actions > button:not(.quiet) { position: fixed; z-index: 2; inset-inline: 0; inset-block-end: 0; min-block-size: 3.5rem; padding-block-end: calc(.375rem + env(safe-area-inset-bottom)); border-radius: 0; font-size: 1rem; } .actions > :is(a, button):focus-visible { outline-offset: -4px; outline-color: var(--on-link); }
  body:has(.actions > .button:not(.quiet), .actions > button:not(.quiet)) { padding-block-end: 3.5rem; } body:has(.send, .reach, .actions > .button:not(.quiet), .actions > button:not(.quiet)) .offer { inset-block-end: 4.5rem; }
  .region.cards { border: 0; overflow: visible; } .cards table, .cards tbody, .cards caption:not(.unseen) { display: block; } .cards thead { position: absolute; clip-path: inset(50%); inline-size: 1px; block-size: 1px; overflow: hidden; }
  .cards tbody tr { display: grid; gap: .5rem .75rem; grid-template-columns: repeat(auto-fill, minmax(5.25rem, 1fr)); padding: .75rem; border: 1px solid var(--line); border-radius: 6px; } .cards tr + tr { margin-block-start: .75rem; }
  .region.cards tbody :is(th, td) { display: block; position: static; min-inline-size: 0; max-inline-size: none; padding: 0; border: 0; background: none; text-align: start; white-space: normal; } .region.cards th[scope="row"] { grid-column: 1 / -1; font-weight: 600; } .region.cards .line-cell, .cards.lines td { grid-column: 1 / -1; } .region.cards tbody td.differs { background: var(--warn-tint); }
  .cards td[data-label]::before { content: attr(data-label); display: block; color: var(--soft); font-size: .75rem; } .cards .chip { font-weight: 400; } .cards p.phone-only { margin-block-start: .5rem; }
}
`
