import { parse } from 'yaml'

/**
 * YAML that a client wrote. Mappings are read as Maps, so that no key means anything to an object;
 * few aliases are followed, so that no text explodes.
 *
 * @returns the value, null for YAML that says nothing; or what is wrong, to be put behind `it is`
 */
export function readYaml(text: string): { value: unknown } | { problem: string } {
  try {
    const value: unknown = parse(text, {
      mapAsMap: true,
      maxAliasCount: 20,
      uniqueKeys: false,
      logLevel: 'error',
    })
    return { value }
  } catch (err) {
    // The library throws of itself for bad YAML, and RangeError for YAML nested too deep.
    if (!(err instanceof Error)) throw err
    return { problem: `not valid YAML: ${err.message.split('\n')[0]}` }
  }
}
