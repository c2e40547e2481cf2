import { excerpt, invalid } from '../core/error.ts'
import type { Split, SplitTarget } from '../router/split.ts'
import { readModelUri } from './resolve.ts'

/** @throws INVALID_PARAMETER_VALUE it names one twice, another model or no place, or gives no variant a weight */
export function checkSplit(model: string, { variants, shadows = [] }: Split): void {
  const names = new Set<string>()
  for (const target of [...variants, ...shadows]) {
    const { name } = target
    if (names.has(name)) throw invalid(`Two variants are named '${name}'; give each its own name`)
    names.add(name)
    checkTarget(model, name, target)
  }
  if (variants.every(({ weight }) => weight === 0)) {
    throw invalid('Every variant has weight 0; give at least one a positive weight')
  }
}

function checkTarget(model: string, name: string, { uri, url }: SplitTarget): void {
  if ((uri === undefined) === (url === undefined)) {
    throw invalid(
      `'${name}' has ${uri === undefined ? 'neither' : 'both'} of 'uri' and 'url'; give one`,
    )
  }
  if (uri !== undefined && readModelUri(uri).name !== model) {
    throw invalid(`'${name}' follows '${excerpt(uri)}', which is not of model '${model}'`)
  }
}
