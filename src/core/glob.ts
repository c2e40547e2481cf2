/**
 * Whether `text` matches `glob`, in which `*` stands for any text and nothing else is special.
 * Greedy, with one place to come back to: at worst the product of the two lengths.
 */
export function matchesGlob(glob: string, text: string): boolean {
  let g = 0
  let t = 0
  let star = -1
  let from = 0
  while (t < text.length) {
    if (glob[g] === '*') {
      star = g++
      from = t
    } else if (g < glob.length && glob[g] === text[t]) {
      g++
      t++
    } else if (star >= 0) {
      g = star + 1
      t = ++from
    } else {
      return false
    }
  }
  while (glob[g] === '*') g++
  return g === glob.length
}
