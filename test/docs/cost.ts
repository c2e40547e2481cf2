import bytes from '../counts/bytes.json' with { type: 'json' }
import counted from '../counts/counted.json' with { type: 'json' }

type Operation = keyof typeof counted

/** What a team does in a day of work. */
type Team = {
  readonly name: string
  readonly about: string
  /** How often each operation is called. */
  readonly daily: Partial<Readonly<Record<Operation, number>>>
  readonly pointsOfDay: number
  /** What it keeps in files at the end of a year, in GB, besides points. */
  readonly filesGb: number
}

const fold = 'after a run of 10,000 points of 10 metrics: fold, rank'
const foldAlone = 'after a run of 10,000 points that came alone: fold, rank'

/** Of runs with so many points each, sent in pieces, with five files, of which one in twenty is registered. */
function runsOf(runs: number, pointsOfRun: number, send: Operation, pointsOfCall: number) {
  const registered = runs / 20
  return {
    'create-run with 5 tags': runs,
    'log-batch of 100 params of a new run': runs,
    [send]: (runs * pointsOfRun) / pointsOfCall,
    'update-run': runs,
    [send === 'log-metric' ? foldAlone : fold]: runs,
    'upload a file of 1 MB': runs * 5,
    'register a version of 1 file': registered,
    'after a registered version: seal, look at its files': registered,
    'transition with archive': registered,
  }
}

/** Of people, each of whom looks at lists of runs, at runs and at charts. */
function looksOf(people: number) {
  return {
    'runs by a param and a metric, ordered by a metric': people * 20,
    'newest 100 runs': people * 30,
    'get-run': people * 50,
    'history of 10,000 points': people * 10,
    'newest 10 versions of a model': people * 10,
  }
}

/** Of services that ask for the version behind an alias each minute, and fetch it when it changes. */
function servingOf(services: number) {
  return { 'get a version by alias': services * 1440, 'download a file of 1 MB': services * 10 }
}

const batch = 'log-batch of 1,000 points of 10 metrics'

const teams: readonly Team[] = [
  {
    name: 'five people',
    about: '50 runs a day of 1,000 points, 5 services',
    daily: { ...runsOf(50, 1000, batch, 1000), ...looksOf(5), ...servingOf(5) },
    pointsOfDay: 50_000,
    filesGb: 100,
  },
  {
    name: 'forty people',
    about: '1,000 runs a day of 10,000 points, logged in batches; 40 services',
    daily: { ...runsOf(1000, 10_000, batch, 1000), ...looksOf(40), ...servingOf(40) },
    pointsOfDay: 10_000_000,
    filesGb: 5000,
  },
  {
    name: 'forty, point by point',
    about: 'the same, but each point is a call of its own, and 50,000 traces of 20 spans a day',
    daily: {
      ...runsOf(1000, 10_000, 'log-metric', 1),
      ...looksOf(40),
      ...servingOf(40),
      'log a trace of 20 spans': 50_000,
    },
    pointsOfDay: 10_000_000,
    filesGb: 5000,
  },
]

/** What Cloudflare's Workers Paid plan has included each month, and what more costs: dollars a million, or a GB. */
const prices = {
  requests: { included: 10e6, dollars: 0.3 / 1e6 },
  rowsRead: { included: 25e9, dollars: 0.001 / 1e6 },
  rowsWritten: { included: 50e6, dollars: 1 / 1e6 },
  databaseGb: { included: 5, dollars: 0.75 },
  classA: { included: 1e6, dollars: 4.5 / 1e6 },
  classB: { included: 10e6, dollars: 0.36 / 1e6 },
  filesGb: { included: 10, dollars: 0.015 },
} as const
const planDollars = 5
/** The largest database of D1. */
const databaseGbMax = 10

type Item = keyof typeof prices
type Month = Readonly<Record<Item, number>>

const daysOfMonth = 30

/** What a team uses in a month, its files and its database as they are when the month is the twelfth. */
function monthOf({ daily, pointsOfDay, filesGb }: Team): Month {
  const calls: [Operation, number][] = [
    ...Object.entries(daily).map(([name, times]): [Operation, number] => [
      name as Operation,
      times * daysOfMonth,
    ]),
    ['a minute in which nothing is to do', daysOfMonth * 1440],
    ['the work of an hour', daysOfMonth * 24],
  ]
  const sum = (of: (name: Operation) => number) =>
    calls.reduce((total, [name, times]) => total + of(name) * times, 0)
  const column = (place: number) => sum((name) => counted[name][place] ?? 0)
  return {
    requests: sum(() => 1),
    rowsRead: column(2),
    rowsWritten: column(3),
    databaseGb: (sum(bytesOf) * 12) / 1e9,
    classA: column(4),
    classB: column(5),
    filesGb: filesGb + (pointsOfDay * packedPointBytes * daysOfMonth * 12) / 1e9,
  }
}

/** Of a double at a time and a step of its own; many have a float's value, and take less. */
const packedPointBytes = 12

/** What stays in the database: points leave it when their run has ended. */
function bytesOf(name: Operation): number {
  const sizes: Readonly<Record<string, number>> = bytes
  if (name === batch) return 0
  // What was counted has the run itself too.
  if (name === fold || name === foldAlone) return bytes[fold] - bytes['create-run with 5 tags']
  return sizes[name] ?? 0
}

function dollarsOf(item: Item, month: Month): number {
  const { included, dollars } = prices[item]
  return Math.max(0, month[item] - included) * dollars
}

const rows: readonly (readonly [title: string, item: Item])[] = [
  ['requests', 'requests'],
  ['rows read', 'rowsRead'],
  ['rows written', 'rowsWritten'],
  ['GB in D1, after a year', 'databaseGb'],
  ['R2 operations, class A', 'classA'],
  ['R2 operations, class B', 'classB'],
  ['GB in R2, after a year', 'filesGb'],
]

/** A column of amounts and of dollars for each team. */
export function costTable(): string {
  const months = teams.map(monthOf)
  const head = ['a month', ...teams.flatMap(({ name }) => [name, '$'])]
  const lines = rows.map(([title, item]) => [
    title,
    ...months.flatMap((month) => [amountOf(month[item]), dollarsOf(item, month).toFixed(2)]),
  ])
  const totals = months.map((month) =>
    rows.reduce((sum, [, item]) => sum + dollarsOf(item, month), planDollars),
  )
  const total = [
    '**with the plan**',
    ...totals.flatMap((dollars) => ['', `**${dollars.toFixed(0)}**`]),
  ]
  const full = [
    'D1 is full after',
    ...months.flatMap(({ databaseGb }) => [yearsOf(databaseGbMax / databaseGb), '']),
  ]
  const align = head.map((_, i) => (i === 0 ? '---' : '---:'))
  return [head, align, ...lines, total, full].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** What each team does. */
export function costTeams(): string {
  return teams.map(({ name, about }) => `- **${name}**: ${about}`).join('\n')
}

/** Each operation with what it was counted to cost. */
export function countTable(): string {
  const head =
    '| operation | round trips | statements | rows read | rows written | R2 class A | R2 class B |'
  const lines = Object.entries(counted).map(
    ([name, numbers]) =>
      `| ${name} | ${numbers.map((number) => number.toLocaleString('en')).join(' | ')} |`,
  )
  return [head, '| --- | ---: | ---: | ---: | ---: | ---: | ---: |', ...lines].join('\n')
}

function amountOf(amount: number): string {
  if (amount >= 1e9) return `${(amount / 1e9).toFixed(1)} G`
  if (amount >= 1e6) return `${(amount / 1e6).toFixed(1)} M`
  if (amount >= 1000) return `${Math.round(amount / 1000)} k`
  return amount >= 10 ? amount.toFixed(0) : amount.toFixed(1)
}

function yearsOf(years: number): string {
  if (years > 100) return 'a century and more'
  return years >= 1 ? `${years.toFixed(1)} years` : `${(years * 365).toFixed(0)} days`
}
