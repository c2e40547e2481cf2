const adjectives = `able agile amber bold brave brisk calm candid civil clever cosmic crisp daring
eager early fair fancy fast fine firm fond frank fresh gentle glad golden grand happy hardy honest
humble ideal jolly keen kind lively loyal lucky mellow merry mighty modest neat noble orderly
patient placid polite proud quick quiet rapid ready robust serene sharp silent sincere sleek smart
snug solid spry stately steady still sturdy sunny swift tidy vivid warm wise witty zesty`.split(
  /\s+/,
)
const animals = `ant badger bat bear beaver bee bison boar buck camel carp cat cod colt coot crab
crane crow cub deer dove duck eagle eel elk falcon fawn finch fish fox frog gnat goat goose grouse
gull hare hawk heron horse hound ibis jay kid kite lamb lark lion loon lynx mole moose moth mouse
newt otter owl ox panda perch pony quail ram rat raven robin seal shark sheep shrew skunk sloth
slug snail snake squid stag stork swan tern toad trout turtle vole wasp whale wolf wren yak`.split(
  /\s+/,
)

/**
 * A name that people can tell apart and say, e.g. `brisk-otter-417`, in the form of MLflow's.
 *
 * @param random at least 24 random hex digits
 */
export function makeRandomName(random: string): string {
  const part = (i: number) => Number.parseInt(random.slice(i * 8, i * 8 + 8), 16)
  const adjective = adjectives[part(0) % adjectives.length]
  return `${adjective}-${animals[part(1) % animals.length]}-${part(2) % 1000}`
}
