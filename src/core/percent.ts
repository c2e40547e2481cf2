/**
 * `text` percent-decoded until nothing changes, for checks that no spelling may get past.
 *
 * @param onInvalid gives what escapes that are not UTF-8 become, or throws; without it they stay,
 *   but for those of ASCII among them, so that no `%2e` hides behind a broken byte
 */
export function decodePercent(
  text: string,
  onInvalid: (escapes: string, cause: unknown) => string = decodeAscii,
): string {
  const decode = (escapes: string) => {
    try {
      return decodeURIComponent(escapes)
    } catch (err) {
      return onInvalid(escapes, err)
    }
  }
  let before = text
  // Each round shortens the text, so there are fewer rounds than characters.
  for (let round = 0; round <= text.length; round++) {
    const after = before.replace(/(?:%[0-9a-f]{2})+/gi, decode)
    if (after === before) break
    before = after
  }
  return before
}

function decodeAscii(escapes: string): string {
  return escapes.replace(/%[0-7][0-9a-f]/gi, (ascii) => decodeURIComponent(ascii))
}
