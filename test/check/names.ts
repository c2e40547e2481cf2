import type { Sources } from './imports.ts'

/** What functions that wait for something do; each begins with one of these. */
const verbs = new Set(
  `abort add admit append ask assess assign attempt audit authenticate begin break call change check claim collect
  commit compare complete count create delete deliver derive describe digest drain end enter explain export extend fill finalize
  find finish flush follow fold gather get grant hash import judge keep lift limit link list listen locate log make measure
  match merge migrate note open pack page parse ping place point post prepare purge put rank read record redact redeliver refresh refuse register regrant remove
  rename render renew replace replay report request require resolve restore resume retry review revoke roll run sample scan screen seal search send
  set settle show sign split start stop stream suggest sweep take test transition trace try unassign unlink unpack unseal
  fetch pull evaluate throttle update verify view wait withdraw write`.split(/\s+/),
)

/** Predicates, and makers of a value from others. */
const otherForms =
  /^(?:is|are|has|may|needs|can)[A-Z]|(?:Of|From|ToWire|Sql|Statements?|Entry|Command|Columns?)$/

/** A line for each exported async function that begins with no verb of the list. */
export function functionsWithoutVerb(files: Sources): string[] {
  return [...files].flatMap(([path, text]) =>
    [...text.matchAll(/^export async function\*? (\w+)/gm)]
      .map(([, name = '']) => name)
      .filter((name) => !verbs.has(/^[a-z]+/.exec(name)?.[0] ?? '') && !otherForms.test(name))
      .map((name) => `${path}: ${name} begins with no verb of test/check/names.ts`),
  )
}

/** A line for each exported type whose name another file gives to a type of its own. */
export function typesOfOneName(files: Sources): string[] {
  const declared = [...files].flatMap(([path, text]) =>
    [...text.matchAll(/^export (?:type|interface|class) (\w+)/gm)].map(
      ([, name = '']): [string, string] => [name, path],
    ),
  )
  return [...Map.groupBy(declared, ([name]) => name)]
    .filter(([, places]) => places.length > 1)
    .map(([name, places]) => `${name} is a type of ${places.map(([, path]) => path).join(' and ')}`)
}
