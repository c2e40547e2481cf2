/** The one stylesheet of all pages: system fonts, light and dark, from 320 px of width up. */
export const style = `
:root { color-scheme: light dark; --ink: #1d2530; --soft: #5b6675; --line: #dfe4ea; --paper: #fff;
  --panel: #f6f8fa; --link: #0b57a8; --warm: #fff6e5; --warm-line: #e0a93b; --bar: #3b7dbd; --on-link: #fff; --good: #1b6e3a; --bad: #a3232d; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ee; --soft: #9aa6b5; --line: #2f3945;
  --paper: #12171d; --panel: #1a2129; --link: #7fb6f0; --warm: #2b2413; --warm-line: #a87b25; --bar: #5c9bd6; --on-link: #0c1620; --good: #7fd6a0; --bad: #ff9a9f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 2.5rem 1.5rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; overflow-wrap: anywhere; }
a { color: var(--link); }
header { border-bottom: 1px solid var(--line); margin-bottom: 2rem; padding-bottom: 1rem; }
.kind { margin: 0; color: var(--soft); font-size: .8rem; letter-spacing: .08em; text-transform: uppercase; }
h1 { margin: .1rem 0 .3rem; font-size: 2rem; line-height: 1.2; }
.version { color: var(--soft); font-weight: 400; white-space: nowrap; }
.byline, .empty { margin: 0; color: var(--soft); font-size: .9rem; }
h2 { margin: 0 0 .4rem; font-size: 1.2rem; line-height: 1.3; }
h3 { margin: 1.4rem 0 .3rem; font-size: 1rem; }
h2 + h3 { margin-top: .2rem; }
h4, h5, h6 { margin: 1.2rem 0 .2rem; font-size: .9rem; }
.notice { margin: .9rem 0; padding: .5rem .9rem; background: var(--warm); border-left: 3px solid var(--warm-line); border-radius: 3px; }
main { display: grid; grid-template-columns: minmax(0, 1fr) 22rem; gap: 2.5rem; align-items: start; }
.field { margin-bottom: 2rem; max-width: 42rem; }
.field > :last-child, li > :last-child, blockquote > :last-child { margin-bottom: 0; }
.caution { padding: .9rem 1.1rem; background: var(--warm); border-left: 3px solid var(--warm-line); border-radius: 3px; }
p, ul, ol, pre, blockquote, .wide { margin: 0 0 .8rem; }
ul, ol { padding-left: 1.3rem; }
li > p { margin: 0; }
blockquote { margin-left: 0; padding-left: 1rem; border-left: 3px solid var(--line); color: var(--soft); }
hr { border: 0; border-top: 1px solid var(--line); margin: 1.5rem 0; }
code, pre { font: .86em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { padding: .7rem .9rem; background: var(--panel); border: 1px solid var(--line); border-radius: 4px; overflow: auto; max-height: 24rem; overflow-wrap: normal; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; min-width: 50%; font-size: .92rem; }
caption { text-align: left; font-weight: 600; padding-bottom: .2rem; }
th, td { padding: .32rem .8rem .32rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: 400; overflow-wrap: break-word; }
tr > :last-child { padding-right: 0; }
thead th { color: var(--soft); font-size: .82rem; font-weight: 600; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.gap { margin-left: .7rem; color: var(--soft); font-weight: 400; }
.bar { width: 40%; }
meter { width: 100%; height: .7rem; vertical-align: middle; }
meter::-webkit-meter-optimum-value { background: var(--bar); }
meter::-moz-meter-bar { background: var(--bar); }
.whole { width: 100%; }
.recorded { padding: 1.2rem 1.3rem; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; font-size: .9rem; }
.recorded table { width: 100%; }
.recorded th, .recorded td { overflow-wrap: anywhere; }
.recorded td { text-align: right; }
.recorded pre { background: var(--paper); }
dl { margin: 0; }
dt { color: var(--soft); font-size: .82rem; }
dd { margin: 0 0 .5rem; font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .82rem; }
.names, .datasets { list-style: none; padding: 0; }
summary { cursor: pointer; color: var(--link); }
.unseen { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; white-space: nowrap; }
.state { display: inline-block; padding: 0 .5rem; border: 1px solid var(--line); border-radius: 999px; font-size: .8rem; }
.state-passed, .state-merged { color: var(--good); border-color: currentColor; }
.state-failed, .state-rejected { color: var(--bad); border-color: currentColor; }
.state-pending, .state-open { color: var(--link); border-color: currentColor; }
.gates td:last-child { overflow-wrap: anywhere; }
.operations { display: block; }
.operation { border: 1px solid var(--line); border-radius: 6px; margin-bottom: .6rem; }
.operation > summary { padding: .5rem .9rem; color: var(--ink); }
.operation > div { padding: .2rem 1rem .6rem; border-top: 1px solid var(--line); }
.method { display: inline-block; min-width: 4.2rem; color: var(--link); font-weight: 600; }
.operation > summary .byline { display: block; margin-left: 1.1rem; }
.tag + .tag { margin-top: 2rem; }
time { white-space: nowrap; }
.fields { list-style: none; padding: 0; }
.fields > li { padding: .32rem 0; border-bottom: 1px solid var(--line); }
.fields p { margin: 0; font-size: .92rem; }
.fields .fields { margin: .4rem 0 0 .3rem; padding-left: 1rem; border-left: 2px solid var(--line); }
.fields .fields > li:last-child { border-bottom: 0; }
.notice ul { margin: .3rem 0 0; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.entry { display: grid; place-content: center; grid-template-columns: min(100%, 25rem); max-width: none; min-height: 100vh;
  padding: 1.25rem; background: var(--panel); }
.entry main { display: block; padding: 2rem; background: var(--paper); border: 1px solid var(--line); border-radius: 12px; }
.entry h1 { margin: 1.2rem 0; font-size: 1.5rem; }
form { display: grid; gap: 1rem; margin: 0; }
label { display: grid; gap: .35rem; font-size: .875rem; font-weight: 600; }
input { width: 100%; padding: .6rem .75rem; border: 1px solid var(--soft); border-radius: 8px; background: var(--panel); color: inherit; font: inherit; }
button, .button { display: block; width: 100%; padding: .65rem 1rem; border: 1px solid var(--link); border-radius: 8px; background: var(--link);
  color: var(--on-link); font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer; }
.quiet { background: transparent; color: var(--link); }
.or { display: flex; align-items: center; gap: .75rem; margin: 1.25rem 0; color: var(--soft); font-size: .875rem; }
.or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--line); }
.problem { padding: .75rem 1rem; border-left: 4px solid var(--bad); border-radius: 4px; background: var(--panel); color: var(--bad); }
.note { color: var(--soft); }
@media (max-width: 56rem) { main { grid-template-columns: minmax(0, 1fr); gap: 1rem; } .field { max-width: none; } body { padding: 1.5rem 1rem 3rem; }
  .entry { place-content: start stretch; padding: 1.25rem; } .entry main { padding: 1.5rem 1.25rem; } h1 { font-size: 1.6rem; } }
@media print { :root { color-scheme: light; --ink: #000; --soft: #444; --line: #bbb; --paper: #fff; --panel: #fff; --link: #000; --warm: #fff; --warm-line: #666; }
  @page { margin: 18mm 16mm; }
  body { max-width: none; padding: 0; font-size: 10pt; } main { display: block; } .field { max-width: none; }
  h1, h2, h3, h4, h5, h6, caption { break-after: avoid; } tr, li, .notice, .caution { break-inside: avoid; } thead { display: table-header-group; }
  pre { max-height: none; overflow: visible; white-space: pre-wrap; } .wide { overflow: visible; }
  details::details-content { display: block; height: auto; content-visibility: visible; }
  .recorded { margin-top: 1.5rem; padding: 0; border: 0; } .field a[href^="http"]::after { content: " (" attr(href) ")"; } }
`
