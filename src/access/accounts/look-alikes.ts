/**
 * Letters that common fonts draw alike, each set led by the Latin letter that stands for all of it.
 * Compare the confusables of Unicode Technical Standard 39; case and width are folded elsewhere.
 */
const alike: readonly string[] = [
  'aАаΑαɑ',
  'bВвΒβЬь',
  'cСсϲ',
  'dԁ',
  'eЕеΕεЄє',
  'gɡ',
  'hНнΗһҺ',
  'kКкΚκ',
  // Capital I, small L and the digit are one stroke; small i joins them by being capital I's case.
  'liІіΙιӀӏ1|ɩ',
  'jЈј',
  'mМмΜ',
  'nΝηПп',
  'oОоΟοσ0',
  'pРрΡρ',
  'qԚԛ',
  'rГг',
  'sЅѕ',
  'tТтΤτ',
  'uυ',
  'vνѴѵ',
  'wԜԝω',
  'xХхΧχ',
  'yУуΥγүҮ',
  'zΖζ',
  '3Зз',
  ':꞉ː׃։∶',
  "'’‘ʼ`",
]

const leaders = new Map(
  alike.flatMap(([leader = '', ...others]) => others.map((letter) => [letter, leader])),
)

/**
 * `name` with look-alike letters folded: two names with the same key can be taken for each other.
 * The key is for comparing only; names themselves are kept as they were given.
 */
export function nameKey(name: string): string {
  const plain = withoutAccents(name.normalize('NFKC'))
  // Before case is folded: capital Η looks like H, its small form like n.
  const folded = inLatin(inLatin(plain).toUpperCase().toLowerCase().replaceAll('ς', 'σ'))
  return folded
    .replace(/\p{Pd}/gu, '-')
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
}

/** Marks on Latin, Greek and Cyrillic letters only: in other scripts they make another letter. */
function withoutAccents(text: string): string {
  return text
    .normalize('NFD')
    .replace(/(?<=[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]\p{Mn}*)\p{Mn}/gu, '')
    .normalize('NFC')
}

function inLatin(text: string): string {
  return [...text].map((letter) => leaders.get(letter) ?? letter).join('')
}
