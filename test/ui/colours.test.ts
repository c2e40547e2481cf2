import { expect, test } from 'vitest'
import { dark, light } from '../../src/ui/shell/style/tokens.ts'

type Triple = readonly [number, number, number]

const seriesOf = (theme: Readonly<Record<string, string>>) =>
  Array.from({ length: 10 }, (_, i) => theme[`series-${i}`] ?? '')

/** Rows of what makes linear red, green and blue as others see them, after Machado and others (2009), in full severity. */
const sights: Readonly<Record<string, readonly Triple[]>> = {
  most: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protan: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deutan: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritan: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
}

const times = (rows: readonly Triple[], [x, y, z]: Triple): Triple => {
  const [a = 0, b = 0, c = 0] = rows.map(([p, q, r]) => p * x + q * y + r * z)
  return [a, b, c]
}

function linearOf(hex: string): Triple {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return [r, g, b]
}

const toXyz: readonly Triple[] = [
  [0.4124564, 0.3575761, 0.1804375],
  [0.2126729, 0.7151522, 0.072175],
  [0.0193339, 0.119192, 0.9503041],
]
const white: Triple = [0.95047, 1, 1.08883]

/** CIE L*a*b* of a colour, as somebody sees it. */
function labOf(hex: string, sight: readonly Triple[]): Triple {
  const [r, g, b] = times(sight, linearOf(hex)).map((one) => Math.min(1, Math.max(0, one)))
  const [x = 0, y = 0, z = 0] = times(toXyz, [r ?? 0, g ?? 0, b ?? 0]).map((one, i) => {
    const t = one / (white[i] ?? 1)
    return t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116
  })
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)]
}

function leastDistance(colours: readonly string[], sight: readonly Triple[]): number {
  const labs = colours.map((hex) => labOf(hex, sight))
  return Math.min(
    ...labs.flatMap((one, i) =>
      labs.slice(i + 1).map((other) => Math.hypot(...one.map((at, k) => at - (other[k] ?? 0)))),
    ),
  )
}

test.each([
  ['light', light],
  ['dark', dark],
])('the ten lines of a chart in the %s theme differ for everybody who sees colours', (_, theme) => {
  const least = Object.fromEntries(
    Object.entries(sights).map(([sight, rows]) => [sight, leastDistance(seriesOf(theme), rows)]),
  )
  for (const [sight, distance] of Object.entries(least)) {
    expect(distance, sight).toBeGreaterThan(17.9)
  }
})
