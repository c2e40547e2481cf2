/** What an `MLmodel` says in short, as names and values. @param value as `readYaml` reads it */
export function modelFacts(value: unknown): (readonly [string, string])[] {
  const of = (map: unknown, key: string): unknown => (map instanceof Map ? map.get(key) : undefined)
  const flavors = of(value, 'flavors')
  const signature = of(value, 'signature')
  const facts: (readonly [string, unknown])[] = [
    [
      'Flavors',
      flavors instanceof Map
        ? [...flavors].map(([name, flavor]) => flavorText(String(name), flavor)).join(', ')
        : undefined,
    ],
    ['Inputs', columnsText(of(signature, 'inputs'))],
    ['Outputs', columnsText(of(signature, 'outputs'))],
    ['Params', columnsText(of(signature, 'params'))],
    ['MLflow', of(value, 'mlflow_version')],
    ['Python', of(of(flavors, 'python_function'), 'python_version')],
    ['Made at', of(value, 'utc_time_created')],
    ['Model', of(value, 'model_id')],
    ['Run', of(value, 'run_id')],
  ]
  return facts.flatMap(([name, fact]) =>
    typeof fact === 'string' && fact !== '' ? [[name, fact.slice(0, charsMax)] as const] : [],
  )
}

const charsMax = 1000
const columnsMax = 50

/** `sklearn 1.9.2`: a flavor with the version of its library. */
function flavorText(name: string, flavor: unknown): string {
  const versions = flavor instanceof Map ? [...flavor] : []
  const [, version] = versions.find(([key]) => /^(?!python_)\w+_version$/.test(String(key))) ?? []
  return typeof version === 'string' ? `${name} ${version}` : name
}

/** `amount double, country string`: columns as a signature keeps them, a text of JSON. */
function columnsText(json: unknown): string | undefined {
  if (typeof json !== 'string') return undefined
  try {
    const columns: unknown = JSON.parse(json)
    if (!Array.isArray(columns)) return json
    const texts = columns.slice(0, columnsMax).map((column) => {
      const { name, type } = Object(column)
      return `${typeof name === 'string' ? name : ''} ${typeof type === 'string' ? type : ''}`.trim()
    })
    return `${texts.join(', ')}${columns.length > columnsMax ? ', …' : ''}`
  } catch {
    // It is told as it was written.
    return json
  }
}
