import { measureJson } from '../../core/measure-json.ts'
import {
  ByteReader,
  type ByteSource,
  readHead,
  type ScanBudget,
  UnreadableError,
} from './byte-reader.ts'
import { isDangerousSetting } from './known-imports.ts'

/** Something in a file, other than a pickle, that runs when it is loaded. */
export type FoundCode = {
  readonly what: 'code' | 'template' | 'lambda' | 'operation'
  /** What exactly: an operation, a setting, a path in an archive. */
  readonly where: string
}

type Search = { readonly notes: { readonly found: FoundCode[] }; readonly budget: ScanBudget }

const settingsBytesMax = 4 * 1024 * 1024
/** Settings of models have some ten thousand; small values take a parser much memory. */
const settingsMarksMax = 200_000
/** Bytes of a block that the next one begins with, so that nothing is cut in two. */
const overlapChars = 256

/** Settings in JSON that make a library run code: of Keras, of transformers, of tokenizers. */
export async function searchSettings(source: ByteSource, { notes, budget }: Search): Promise<void> {
  const bytes = await readHead(source, { count: settingsBytesMax + 1, budget })
  if (bytes.length > settingsBytesMax) throw new UnreadableError('its settings are too long')
  const text = new TextDecoder().decode(bytes)
  if (measureJson(text).marks > settingsMarksMax) {
    throw new UnreadableError('its settings have too many values')
  }
  let settings: unknown
  try {
    settings = JSON.parse(text)
  } catch (err) {
    throw new UnreadableError('its settings are no JSON', { cause: err })
  }
  const found = new Set<keyof typeof settingMeans>()
  const imports = new Set<string>()
  walk(settings, { found, imports })
  for (const one of found) notes.found.push(settingMeans[one])
  noteImports(imports, notes)
}

/** More are neither kept nor told; one is enough. */
const importsMax = 20

function noteImports(imports: ReadonlySet<string>, { found }: Search['notes']): void {
  for (const where of imports) found.push({ what: 'code', where })
}

const settingMeans = {
  Lambda: { what: 'lambda', where: 'a Lambda layer of Keras' },
  auto_map: { what: 'code', where: 'auto_map: code that comes with the model' },
  chat_template: { what: 'template', where: 'chat_template' },
} as const satisfies Readonly<Record<string, FoundCode>>

type SettingsFound = {
  readonly found: Set<keyof typeof settingMeans>
  /** What layers of Keras have it import. */
  readonly imports: Set<string>
}

/** Without recursion: nothing bounds how deep JSON is. */
function walk(settings: unknown, told: SettingsFound): void {
  const waiting: unknown[] = [settings]
  while (waiting.length > 0) {
    const value = waiting.pop()
    if (typeof value !== 'object' || value === null) continue
    if ('module' in value && 'class_name' in value) noteModule(value, told.imports)
    for (const [key, inner] of Object.entries(value)) {
      noteSetting(key, inner, told.found)
      waiting.push(inner)
    }
  }
}

function noteSetting(key: string, value: unknown, found: SettingsFound['found']): void {
  if (key === 'class_name' && (value === 'Lambda' || value === '__lambda__')) found.add('Lambda')
  if (key === 'auto_map' || key === 'chat_template') found.add(key)
}

type KerasObject = {
  readonly module: unknown
  readonly class_name: unknown
  readonly config?: unknown
  readonly registered_name?: unknown
}

function noteModule(object: KerasObject, imports: Set<string>): void {
  const { module, class_name: type, config, registered_name: registered } = object
  if (typeof module !== 'string' || imports.size >= importsMax) return
  for (const name of [type, config, registered]) {
    if (typeof name === 'string' && isDangerousSetting(module, name)) {
      imports.add(`${module.slice(0, 100)}.${name.slice(0, 100)}, which Keras imports`)
    }
  }
}

/** Operations of TensorFlow that run Python, or touch files; and the layers that Keras writes beside them. */
export async function searchGraph(source: ByteSource, { notes, budget }: Search): Promise<void> {
  const found = new Set<string>()
  let hasLambda = false
  await eachBlock(source, budget, (block) => {
    hasLambda ||= lambdaLayer.test(block)
    for (const [name] of block.matchAll(/EagerPyFunc|PyFuncStateless|PyFunc|ReadFile|WriteFile/g)) {
      found.add(name)
    }
  })
  for (const where of found) notes.found.push({ what: 'operation', where })
  if (hasLambda) notes.found.push(settingMeans.Lambda)
}

const lambdaLayer = /"class_name"\s*:\s*"(Lambda|__lambda__)"/

/** A model of Keras in HDF5 has its layers as JSON in an attribute, which is never compressed. */
export async function searchKeras(source: ByteSource, { notes, budget }: Search): Promise<void> {
  let hasLambda = false
  let isHidden = false
  const imports = new Set<string>()
  await eachBlock(source, budget, (block) => {
    hasLambda ||= lambdaLayer.test(block)
    noteModules(block, imports)
    // More blanks than blocks overlap would part what belongs together.
    isHidden ||= /"(class_name|module|config)"(\s{64}|\s*:\s{64})/.test(block)
    // Nobody writes letters in this way who does not hide them.
    isHidden ||= /"[^"]{0,40}\\u00[4-7][0-9a-fA-F][^"]{0,40}"\s*[:,}]/.test(block)
  })
  if (hasLambda) notes.found.push(settingMeans.Lambda)
  noteImports(imports, notes)
  if (isHidden) throw new UnreadableError('it hides parts of its settings')
}

/** What stands beside a module in its object is not told apart from what stands in others. */
function noteModules(block: string, imports: Set<string>): void {
  for (const [, module = ''] of block.matchAll(
    /"module"\s{0,64}:\s{0,64}"([A-Za-z_][\w.]{0,99})"/g,
  )) {
    if (imports.size >= importsMax) return
    if (module !== 'builtins' && isDangerousSetting(module, '*')) {
      imports.add(`${module}, which Keras imports`)
    }
  }
  if (!/"module"\s{0,64}:\s{0,64}"builtins"/.test(block)) return
  for (const [, name = ''] of block.matchAll(/"config"\s{0,64}:\s{0,64}"(\w{1,40})"/g)) {
    if (isDangerousSetting('builtins', name)) imports.add(`builtins.${name}, which Keras imports`)
  }
}

/** The source as text of one character a byte, in blocks that overlap. */
async function eachBlock(
  source: ByteSource,
  budget: ScanBudget,
  look: (block: string) => void,
): Promise<void> {
  const reader = new ByteReader(source, budget)
  const latin1 = new TextDecoder('latin1')
  let before = ''
  try {
    while (reader.has(1) || (await reader.fill(1))) {
      const block = before + latin1.decode(reader.takeAll())
      look(block)
      before = block.slice(-overlapChars)
    }
  } finally {
    await reader.close()
  }
}
