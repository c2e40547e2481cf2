import { excerpt, FilterError, type TextPlace } from '../core/error.ts'
import { type LexedToken, tokenize } from './lexer.ts'

/** What a clause or an order names: `metrics.acc` is the name `acc` under the prefix `metrics`. */
export type Key = {
  /** What stands before the first dot; undefined where there is none, as in `status = '...'`. */
  readonly prefix: string | undefined
  readonly name: string
}

type MistakeTold = {
  readonly phrase?: string | undefined
  readonly words?: readonly string[]
}

/** A place in the tokens of one text; the parsers read through it. */
export class Cursor {
  readonly #text: string
  readonly #phrase: string
  readonly #tokens: readonly LexedToken[]
  #next = 0

  /** @param phrase what a message about the text begins with */
  constructor(text: string, phrase: string) {
    this.#text = text
    this.#phrase = phrase
    this.#tokens = tokenize(text, phrase)
  }

  peek(ahead = 0): LexedToken {
    const token = this.#tokens[Math.min(this.#next + ahead, this.#tokens.length - 1)]
    if (!token) throw new Error('the list of tokens ends with an end token')
    return token
  }

  take(): LexedToken {
    const token = this.peek()
    if (token.kind !== 'end') this.#next++
    return token
  }

  /** Take the next token if it is this word, in any case, or this symbol. */
  takeIf(text: string): boolean {
    if (!isWord(this.peek(), text) && !isSymbol(this.peek(), text)) return false
    this.take()
    return true
  }

  /** The place from `first` to the last token that was taken. */
  placeFrom(first: LexedToken): TextPlace {
    return { at: first.at, end: this.peek(-1).end }
  }

  /** `token` as it was written, with its quotes. */
  textOf(token: LexedToken): string {
    return this.#text.slice(token.at, token.end)
  }

  /** What was written from `first` to the last token that was taken. */
  textFrom(first: LexedToken): string {
    const { at, end } = this.placeFrom(first)
    return this.#text.slice(at, end)
  }

  /**
   * The 400 for a token that cannot stand where it does.
   *
   * @param more `phrase` where the mistake has one of its own; `words` of which one can stand there
   */
  unexpected(
    token: LexedToken,
    expected: string,
    { phrase = this.#phrase, words }: MistakeTold = {},
  ): FilterError {
    const found = token.kind === 'end' ? 'the end' : excerpt(this.textOf(token), 60)
    const message = `${phrase}; at position ${token.at + 1} expected ${expected}, found ${found}`
    return new FilterError(message, {
      at: token.at,
      end: token.end,
      ...(words && { expected: words }),
    })
  }

  /**
   * A key: `name`, `prefix.name`, dots in the name allowed; either part may stand in backticks or
   * double quotes, which keep blanks and the like, and the name behind a prefix in single quotes.
   */
  key(): Key {
    const first = this.peek()
    if (!canName(first)) throw this.unexpected(first, 'a key such as metrics.accuracy')
    let text = ''
    let dot = -1
    let end = first.at
    while (canName(this.peek(), text.length === dot + 1 && dot >= 0) && this.peek().at === end) {
      const token = this.take()
      if (dot < 0 && token.kind === 'word' && token.text.includes('.')) {
        dot = text.length + token.text.indexOf('.')
      }
      text += token.text
      end = token.end
    }
    if (dot < 0) return { prefix: undefined, name: text }
    if (this.#text[end - 1] === '.') throw this.unexpected(this.peek(), 'a name after the dot')
    return { prefix: text.slice(0, dot), name: text.slice(dot + 1) }
  }
}

/** The one key that a text is. @throws FilterError it is none, or more than that */
export function keyIn(text: string): Key {
  const cursor = new Cursor(text, 'Invalid key')
  const key = cursor.key()
  const rest = cursor.peek()
  if (rest.kind !== 'end') throw cursor.unexpected(rest, 'one key')
  return key
}

/** @param afterDot whether the dot behind a prefix comes right before */
function canName(token: LexedToken, afterDot = false): boolean {
  return token.kind === 'word' || (token.kind === 'quoted' && (afterDot || token.quote !== "'"))
}

/** Whether `token` is this keyword, in any case. */
export function isWord(token: LexedToken, keyword: string): boolean {
  return token.kind === 'word' && token.text.toUpperCase() === keyword
}

function isSymbol(token: LexedToken, text: string): boolean {
  return token.kind === 'symbol' && token.text === text
}
