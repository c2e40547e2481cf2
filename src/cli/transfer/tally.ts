import { excerpt } from '../../core/error.ts'

/** What an import did with one kind of thing. */
export type Counts = {
  /** At the source. */
  source: number
  added: number
  updated: number
  /** Those of before that did not change at the source. */
  unchanged: number
  refused: number
}

export type Kind =
  | 'experiments'
  | 'runs'
  | 'points'
  | 'logged models'
  | 'files'
  | 'registered models'
  | 'versions'
  | 'aliases'

/** Something that is not as it was at the source, and why. */
export type ImportDifference = { readonly what: string; readonly problem: string }

/** What an import has done so far, and what of it differs. */
export class Tally {
  readonly counts = new Map<Kind, Counts>()
  readonly differences: ImportDifference[] = []
  /** Things that have another id or name here. */
  readonly renamed: { readonly what: string; readonly as: string }[] = []
  /** What the other server does not take from anybody, and how many things have it: no differences. */
  readonly lost = new Map<string, number>()
  bytes = 0
  /** Differences that the list leaves out. */
  more = 0

  of(kind: Kind): Counts {
    const known = this.counts.get(kind)
    if (known) return known
    const counts = { source: 0, added: 0, updated: 0, unchanged: 0, refused: 0 }
    this.counts.set(kind, counts)
    return counts
  }

  /** @param what in the plural: `ids of runs` */
  loses(what: string, count = 1): void {
    this.lost.set(what, (this.lost.get(what) ?? 0) + count)
  }

  differs(what: string, problem: string): void {
    if (this.differences.length < differencesMax) {
      this.differences.push({ what: excerpt(what, charsMax), problem: excerpt(problem, charsMax) })
    } else this.more++
  }

  get differing(): number {
    return this.differences.length + this.more
  }
}

const differencesMax = 1000
/** A source may name a thing with any length. */
const charsMax = 1000
