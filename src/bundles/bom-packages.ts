/**
 * A line of requirements as a package. An address of the index of Python packages is given where the
 * line names one version; other lines stand by what they say.
 *
 * @returns undefined: an option, such as `-r more.txt`, is no package
 */
export function packageOf(line: string) {
  if (line.startsWith('-')) return undefined
  const found = /^([a-z\d][\w.-]*)\s*(?:\[[\w\s,.-]*\])?\s*(?:==\s*([\w.!+-]+)\s*)?(?:;.*)?$/i.exec(
    line,
  )
  if (!found) return { name: line }
  const [, name = '', version] = found
  if (version === undefined) return { name }
  const key = name.toLowerCase().replace(/[-_.]+/g, '-')
  return { name, version, purl: `pkg:pypi/${key}@${encodeURIComponent(version)}` }
}
