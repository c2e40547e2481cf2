import type { Deployment } from '../../serving/deployments.ts'
import { numberText, percentText } from '../parts/text.tsx'

/** `31 ms`, or a dash. */
export function msText(ms: number | undefined): string {
  return ms === undefined ? '–' : `${numberText(ms)}\u00a0ms`
}

/** `champion 90 %, challenger 10 %`. */
export function splitText({ variants }: Pick<Deployment, 'variants'>): string {
  const sum = variants.reduce((total, { weight }) => total + weight, 0)
  return variants.map(({ name, weight }) => `${name} ${percentText(weight / sum)}`).join(', ')
}
