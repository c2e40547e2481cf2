import { dirname } from 'node:path'
import type { Sources } from './imports.ts'

const filesMax = 15
const linesMax = 300

/** They mirror MLflow's groups and our endpoints, a file each. */
const exempt = ['src/mlflow', 'src/api/endpoints']

/** A line for each folder that wants wings, and for each file that has two ideas. */
export function tooLarge(files: Sources): string[] {
  const folders = Map.groupBy(files.keys(), (path) => dirname(path))
  const full = [...folders].filter(
    ([folder, names]) => names.length > filesMax && !exempt.includes(folder),
  )
  const long = [...files].map(([path, text]) => [path, text.split('\n').length - 1] as const)
  return [
    ...full.map(([folder, names]) => `${folder}: ${names.length} files; ${filesMax} at most`),
    ...long
      .filter(([, lines]) => lines > linesMax)
      .map(([path, lines]) => `${path}: ${lines} lines; ${linesMax} at most`),
  ]
}
