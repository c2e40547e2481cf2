/**
 * `text` percent-decoded until nothing changes, for checks that no spelling may get past. Escapes
 * that are not UTF-8 stay, but for those of ASCII among them.
 */
export function decodedFully(text: string): string {
  let before = text
  // Each round shortens the text, so there are fewer rounds than characters.
  for (let round = 0; round <= text.length; round++) {
    const after = before.replace(/(?:%[0-9a-f]{2})+/gi, decodedOnce)
    if (after === before) break
    before = after
  }
  return before
}

function decodedOnce(escapes: string): string {
  try {
    return decodeURIComponent(escapes)
  } catch {
    // Not UTF-8: still decode what is ASCII, so that no `%2e` hides behind a broken byte.
    return escapes.replace(/%[0-7][0-9a-f]/gi, (ascii) => decodeURIComponent(ascii))
  }
}
