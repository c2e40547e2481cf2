import type { FC } from 'hono/jsx'
import { cutText } from '../../core/error.ts'

/** Control characters, and those that turn the direction of the text around them. */
export const invisible = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu

/** A text with what cannot be seen spelled out: `\u{202e}`. */
export function visibleText(text: string, keep: RegExp = /^$/): string {
  return text.replace(invisible, (one) =>
    keep.test(one) ? one : `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`,
  )
}

/** A name or another short text that somebody chose, in its own direction. */
export const Given: FC<{ readonly text: string }> = ({ text }) => <bdi>{visibleText(text)}</bdi>

/** A text of any number of lines that somebody chose, as it was written. */
export const GivenLines: FC<{ readonly text: string }> = ({ text }) => (
  <bdi class="lines-kept">{visibleText(text, /^[\n\r\t]$/)}</bdi>
)

/** A text of several lines that somebody wrote, as plain text. */
export const Written: FC<{ readonly text: string }> = ({ text }) => (
  <>
    {visibleText(text, /^[\n\r\t]$/)
      .split(/\n{2,}/)
      .map((paragraph) => (
        <p dir="auto">
          {paragraph.split('\n').map((line, i) => (
            <>
              {i > 0 ? <br /> : null}
              {line}
            </>
          ))}
        </p>
      ))}
  </>
)

const titleCharsMax = 240

/** The beginning of a text in one line; more of it is its title. */
export const Excerpt: FC<{ readonly text: string; readonly charsMax: number }> = ({
  text,
  charsMax,
}) => {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= charsMax ? (
    <bdi>{visibleText(line)}</bdi>
  ) : (
    <bdi title={visibleText(cutText(line, titleCharsMax))}>
      {visibleText(cutText(line, charsMax))}…
    </bdi>
  )
}

/** With the noise that arithmetic on doubles adds left out. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '∞' : '−∞'
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) {
    return value
      .toExponential(5)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e')
      .replace('-', '−')
  }
  return String(Number(value.toPrecision(6))).replace('-', '−')
}

/** A metric as it was logged: an infinity is kept as the largest double. */
export function metricText(value: number): string {
  if (Math.abs(value) === Number.MAX_VALUE) return value > 0 ? '∞' : '−∞'
  return numberText(value)
}

/** All of a metric, for the title of what `metricText` shortens; undefined: nothing is missing. */
export function exactTitle(value: number): string | undefined {
  if (Number.isNaN(value) || Math.abs(value) === Number.MAX_VALUE) return undefined
  return Number(metricText(value).replaceAll('−', '-')) === value ? undefined : String(value)
}

/** `1,204`. */
export function countText(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `512 B`, `1.2 kB`, `40.9 MB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const unit = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  const size = bytes / 1000 ** unit
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`
}

/** `1 gate`, `2 gates`. */
export function plural(count: number, one: string, several = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : several}`
}

/** `12.3 %`, which is not broken into lines, or a dash for what is not known. */
export function percentText(part: number | undefined): string {
  return part === undefined ? '–' : `${numberText(Math.round(part * 1000) / 10)}\u00a0%`
}
