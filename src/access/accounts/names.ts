import { excerpt, invalid } from '../../core/error.ts'
import { checkLength, isAddressable } from '../../core/names.ts'

const nameCharsMax = 128

/** Service accounts are principals of their own kind; no user's name can begin like this. */
export const servicePrefix = 'service:'

/**
 * Letters that common fonts draw alike. The first of each set is the Latin letter that stands for
 * all. Compare the confusables of Unicode Technical Standard 39; case and width are folded
 * elsewhere.
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
  // Capital I, small L and the digit are one stroke; small i joins them as the lower case of
  // capital I.
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

/**
 * `accounts.name_key` of an account, by which look-alikes are found. The prefix of a service
 * account is the server's own and is not folded.
 */
export function accountKey(name: string): string {
  return name.startsWith(servicePrefix)
    ? servicePrefix + nameKey(name.slice(servicePrefix.length))
    : nameKey(name)
}

/** What audit entries call callers without an account, and the server itself. */
const reserved = new Set(['anonymous', 'operator', 'gatehouse', 'deployment-guard'].map(nameKey))

/**
 * Whether the name is, or looks like, one that audit entries use for callers without an account.
 */
export function isReservedName(name: string): boolean {
  return reserved.has(nameKey(name.trim().replace(/^service:/i, '')))
}

/** Whether the name is, or looks like, the default name of the first administrator. */
export function isAdminName(name: string): boolean {
  return nameKey(name) === nameKey('admin')
}

/**
 * Refuses what no user, service account or group can be called: names with `:`, which separates
 * user from password and kind from name, with invisible letters or repeated blanks, and long names.
 *
 * @param field the request's parameter, for the message
 * @throws INVALID_PARAMETER_VALUE
 */
export function checkAccountName(name: string, field: string): void {
  checkLength(name, nameCharsMax, field)
  const refuse = (why: string) => invalid(`Invalid name '${excerpt(name)}' in '${field}': ${why}`)
  if (name.trim() === '') throw refuse('a name is needed')
  if (nameKey(name).includes(':')) throw refuse("':' and what looks like it are not allowed")
  if (/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|\p{Default_Ignorable_Code_Point}/u.test(name)) {
    throw refuse('control characters, invisible characters and line breaks are not allowed')
  }
  if (/^ | $| {2}/.test(name)) throw refuse('leave out blanks around it, and double ones')
  if (!isAddressable(name)) throw refuse('it would name another path')
  if (isReservedName(name)) throw refuse('this server uses it itself')
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
