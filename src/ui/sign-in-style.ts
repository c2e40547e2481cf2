/** One sheet for all pages: system fonts, light and dark, from 320 px of width up. */
export const style = `
:root {
  color-scheme: light dark;
  --ink: light-dark(#1c2430, #e6e9ef);
  --muted: light-dark(#5a6577, #9aa5b5);
  --paper: light-dark(#ffffff, #1a2029);
  --ground: light-dark(#eef1f5, #10141a);
  --line: light-dark(#ccd3dd, #3a4453);
  --accent: light-dark(#1f5f8b, #6bb3e0);
  --on-accent: light-dark(#ffffff, #0c1620);
  --bad: light-dark(#a3232d, #ff9a9f);
  --bad-ground: light-dark(#fdeeee, #35191c);
}
* { box-sizing: border-box; }
body {
  margin: 0;
  min-height: 100vh;
  display: grid;
  place-content: center;
  grid-template-columns: min(100%, 25rem);
  padding: 1.25rem;
  background: var(--ground);
  color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif;
}
main {
  padding: 2rem;
  background: var(--paper);
  border: 1px solid var(--line);
  border-radius: 0.75rem;
}
@media (max-width: 30rem) {
  body { place-content: start stretch; }
  main { padding: 1.5rem 1.25rem; }
}
.brand { margin: 0 0 1.5rem; color: var(--muted); font-weight: 600; letter-spacing: 0.02em; }
h1 { margin: 0 0 1.25rem; font-size: 1.5rem; line-height: 1.25; overflow-wrap: anywhere; }
form { display: grid; gap: 1rem; margin: 0; }
label { display: grid; gap: 0.35rem; font-size: 0.875rem; font-weight: 600; }
input {
  width: 100%;
  padding: 0.6rem 0.75rem;
  border: 1px solid var(--line);
  border-radius: 0.5rem;
  background: var(--ground);
  color: inherit;
  font: inherit;
}
button, .button {
  display: block;
  width: 100%;
  padding: 0.65rem 1rem;
  border: 1px solid var(--accent);
  border-radius: 0.5rem;
  background: var(--accent);
  color: var(--on-accent);
  font: inherit;
  font-weight: 600;
  text-align: center;
  text-decoration: none;
  cursor: pointer;
}
.quiet { background: transparent; color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.or { display: flex; align-items: center; gap: 0.75rem; margin: 1.25rem 0; color: var(--muted); font-size: 0.875rem; }
.or::before, .or::after { content: ""; flex: 1; border-top: 1px solid var(--line); }
.problem {
  margin: 0 0 1.25rem;
  padding: 0.75rem 1rem;
  border-left: 4px solid var(--bad);
  border-radius: 0.25rem;
  background: var(--bad-ground);
  color: var(--bad);
  overflow-wrap: anywhere;
}
.note { margin: 0 0 1.25rem; color: var(--muted); overflow-wrap: anywhere; }
`
