/** The frame of every page: bar, way here, content, foot. From 320 px of width up. */
export const layout = `
.skip { position: absolute; inset-inline-start: .5rem; inset-block-start: -4rem; padding: .5rem 1rem; background: var(--paper); border: 1px solid var(--control); border-radius: 4px; z-index: 3; }
.skip:focus { inset-block-start: .5rem; }
.bar { display: flex; align-items: center; gap: .25rem 1rem; padding: .375rem 1.5rem; min-block-size: 3rem; background: var(--panel); border-block-end: 1px solid var(--line); }
.mark { display: inline-flex; align-items: center; gap: .5rem; padding-block: .5rem; color: var(--ink); font-weight: 600; font-size: 1rem; text-decoration: none; white-space: nowrap; }
.mark svg { inline-size: 1.25rem; block-size: 1.25rem; color: var(--link); }
.bar ul { display: flex; gap: .25rem; padding: 0; list-style: none; }
.bar nav a { display: block; padding: .5rem .625rem; color: var(--ink); border-radius: 4px; text-decoration: none; white-space: nowrap; }
.bar nav a:hover, .menu a:hover { background: var(--sunk); }
.bar nav a[aria-current] { font-weight: 600; box-shadow: inset 0 -2px var(--link); border-radius: 4px 4px 0 0; }
.bar .end { margin-inline-start: auto; display: flex; align-items: center; gap: .5rem; min-inline-size: 0; }
.count { display: inline-block; min-inline-size: 1.25rem; padding-inline: .375rem; border-radius: 999px; background: var(--link); color: var(--on-link); font-size: .75rem; text-align: center; }
.menu { position: relative; }
.menu > summary { display: flex; align-items: center; gap: .375rem; min-block-size: 2.25rem; padding: .25rem .625rem; border-radius: 4px; list-style: none; max-inline-size: 16rem; }
.menu > summary::-webkit-details-marker { display: none; }
.menu > summary > span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.menu > summary:hover { background: var(--sunk); }
.menu > div { position: absolute; inset-inline-end: 0; inset-block-start: 100%; z-index: 2; min-inline-size: 17rem; padding: .5rem; background: var(--paper); border: 1px solid var(--control); border-radius: 6px; box-shadow: 0 8px 24px #0003; }
.menu > div ul { flex-direction: column; gap: 0; }
.menu > div p { padding: .5rem .625rem; }
.menu > div button { inline-size: 100%; }
.bar .find input { inline-size: 10rem; min-block-size: 2rem; padding-block: .25rem; }
dialog.palette { inline-size: 40rem; block-size: 28rem; margin-block-start: 10vh; } .palette .suggestions { position: static; max-block-size: 22rem; border: 0; padding-inline: 0; box-shadow: none; }
@media (max-width: 75rem) { .bar .find { display: none; } }
.bar .phone { display: none; } .bar .find-link { padding: .5rem .625rem; color: var(--ink); text-decoration: none; } .find-link ~ .end { margin-inline-start: 0; }
.page { flex: 1; inline-size: 100%; max-inline-size: 90rem; margin-inline: auto; padding: 1rem 1.5rem 3rem; display: grid; gap: 1rem; align-content: start; grid-template-columns: minmax(0, 1fr); }
.crumbs ol { display: flex; flex-wrap: wrap; gap: .125rem .375rem; padding: 0; list-style: none; color: var(--soft); }
.crumbs li + li::before { content: "›"; margin-inline-end: .375rem; }
.crumbs a, .crumbs span { display: inline-block; padding-block: .125rem; }
.way { display: flex; flex-wrap: wrap; gap: .125rem 1rem; justify-content: space-between; }
.beside { display: flex; gap: 1rem; margin-inline-start: auto; }
.beside a { padding-block: .125rem; white-space: nowrap; }
.head { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: start; justify-content: space-between; }
.head > div:first-child { display: grid; gap: .375rem; min-inline-size: min(100%, 20rem); flex: 1; }
.title { display: flex; flex-wrap: wrap; gap: .375rem .75rem; align-items: center; }
.tabs { border-block-end: 1px solid var(--line); overflow-x: auto; }
.tabs ul { display: flex; gap: .25rem; padding: 0; list-style: none; }
.tabs a { display: block; padding: .5rem .75rem; color: var(--ink); text-decoration: none; white-space: nowrap; }
.tabs a:hover { background: var(--panel); }
.tabs a[aria-current] { scroll-initial-target: nearest; font-weight: 600; box-shadow: inset 0 -2px var(--link); }
.tabs a:focus-visible { outline-offset: -2px; }
.split { display: grid; grid-template-columns: minmax(0, 1fr) 22rem; gap: 1.5rem; align-items: start; }
.stack { display: grid; gap: 1.5rem; grid-template-columns: minmax(0, 1fr); align-content: start; }
.near { display: grid; gap: .5rem; grid-template-columns: minmax(0, 1fr); align-content: start; }
.row { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: center; }
.foot { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: .75rem 1.5rem; border-block-start: 1px solid var(--line); color: var(--soft); font-size: .8125rem; align-items: baseline; }
.foot details { flex-basis: auto; }
.foot details[open] { flex-basis: 100%; }

.foot pre { margin-block-start: .5rem; color: var(--ink); }
.entry { display: grid; place-content: center; grid-template-columns: min(100%, 25rem); padding: 1.25rem; background: var(--panel); }
.entry main { display: grid; gap: 1rem; padding: 2rem; background: var(--paper); border: 1px solid var(--line); border-radius: 10px; }
@media (min-width: 48.01rem) { .phone-only { display: none; } }
@media (max-width: 60rem) {
  .split { grid-template-columns: minmax(0, 1fr); }
  .bar > nav, .bar .wide { display: none; } .bar .phone { display: block; }
}
@media (max-width: 48rem) {
  .bar { padding-inline: 1rem; }
  .wide-only { display: none; }
  .menu { position: static; }
  .bar { position: relative; }
  .menu > div { inset-inline: 0; border-inline: 0; border-radius: 0 0 6px 6px; }
  .menu a, .menu button { min-block-size: 2.75rem; display: flex; align-items: center; }
  .page { padding: .75rem 1rem 2rem; } .foot { padding-inline: 1rem; }
  .crumbs li:not(:nth-last-child(-n + 2)) { display: none; }
  .crumbs li:nth-last-child(2)::before { content: none; }
  h1 { font-size: 1.25rem; }
  .entry { place-content: start stretch; grid-template-columns: minmax(0, 1fr); } .entry main { padding: 1.5rem 1.25rem; }
}
`
