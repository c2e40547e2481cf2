/** What pages of the settings need beside the components. */
export const settings = `
.settings { display: grid; grid-template-columns: 11rem minmax(0, 1fr); gap: 1.5rem; align-items: start; }
.sections ul { padding: 0; list-style: none; display: grid; gap: .125rem; }
.sections a { display: block; padding: .375rem .625rem; color: var(--ink); border-radius: 4px; text-decoration: none; }
.sections a:hover { background: var(--panel); }
.sections a[aria-current] { font-weight: 600; background: var(--sel); }
@media (max-width: 60rem) {
  .settings { grid-template-columns: minmax(0, 1fr); gap: 1rem; }
  .sections ul { display: flex; flex-wrap: wrap; } .sections a { white-space: nowrap; }
}
fieldset.panel { padding: .75rem 1rem; border: 1px solid var(--line); } fieldset.panel > legend { padding-inline: .375rem; margin-inline-start: -.375rem; }
fieldset.gate { padding: .5rem .75rem .75rem; background: var(--paper); border: 1px solid var(--line); border-radius: 6px; }
.policy-form { max-inline-size: 60rem; } .rule > label:first-child { flex: 0 1 8rem; } .short-fields { max-inline-size: 18rem; }
.policy-form .fields-row { align-items: start; } .policy-form .fields-row > button { margin-block-start: 1.5rem; }
textarea.code { font: .9em/1.5 var(--mono); }
.choices { display: grid; gap: .375rem 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17rem), 1fr)); padding: .5rem 0 .5rem 1rem; }
[hidden] { display: none; }
`
