import type { Card, FairnessValue } from '../governance/cards/card-shape.ts'
import type { ModelCard } from '../governance/cards/read-card.ts'
import type { ModelVersion } from '../registry/versions/read-versions.ts'

const approaches = [
  'supervised',
  'unsupervised',
  'reinforcement-learning',
  'semi-supervised',
  'self-supervised',
]

/**
 * A card in CycloneDX's form. What CycloneDX knows and a card has no field for is taken from the
 * version's tags `approach`, `task` and `architecture`.
 *
 * @param dataRef how the document refers to dataset 0, 1, 2, ...
 */
export function modelCardOf(
  version: Pick<ModelVersion, 'tags'>,
  { card, derived }: ModelCard,
  dataRef: (i: number) => string,
) {
  const tags = new Map(version.tags.map(({ key, value }) => [key, value]))
  const approach = tags.get('approach')?.trim().toLowerCase().replace(/\s+/g, '-')
  const { flavors, signature, metrics, datasets } = derived
  return filled({
    modelParameters: filled({
      approach: approaches.find((one) => one === approach) && { type: approach },
      task: tags.get('task'),
      architectureFamily: flavors?.find((flavor) => flavor !== 'python_function'),
      modelArchitecture: tags.get('architecture'),
      datasets: filledList(datasets.map((_, i) => ({ ref: dataRef(i) }))),
      inputs: filledList(columnsOf(signature?.inputs)),
      outputs: filledList(columnsOf(signature?.outputs)),
    }),
    quantitativeAnalysis: filled({
      performanceMetrics: filledList([
        // The schema takes values as text alone.
        ...Object.entries(metrics).map(([type, value]) => ({ type, value: String(value) })),
        ...(card.fairness ?? []).map(({ metric, value, slice }) => ({
          type: metric,
          value: String(value),
          slice,
        })),
      ]),
    }),
    considerations: considerationsOf(card),
  })
}

function considerationsOf(card: Card) {
  return filled({
    useCases: filledList(textsOf(card.intended_use)),
    technicalLimitations: filledList(textsOf(card.limitations)),
    ethicalConsiderations: filledList(
      textsOf(card.ethical_considerations).map((name) => ({ name })),
    ),
    fairnessAssessments: filledList(slicesOf(card.fairness ?? [])),
  })
}

function slicesOf(rows: readonly FairnessValue[]) {
  return [...new Set(rows.map(({ slice }) => slice))].map((groupAtRisk) => ({ groupAtRisk }))
}

function textsOf(text: string | undefined): string[] {
  return text?.trim() ? [text] : []
}

/** `double: amount` of a column of a table; of a tensor the type and the shape of its elements. */
function columnsOf(part: unknown): { format: string }[] {
  if (!Array.isArray(part)) return []
  return part.map((column: Record<string, unknown>) => {
    const { type, name } = column
    const spec = column['tensor-spec']
    const kind = spec === undefined ? type : `${String(type)} ${JSON.stringify(spec)}`
    const text = typeof kind === 'string' ? kind : JSON.stringify(kind ?? 'unknown')
    return { format: typeof name === 'string' ? `${text}: ${name}` : text }
  })
}

/** The members that say something; undefined where none does. */
function filled<T extends object>(members: T): T | undefined {
  const kept = Object.entries(members).filter(([, value]) => value !== undefined && value !== '')
  // Members that are undefined may as well be absent.
  return kept.length > 0 ? (Object.fromEntries(kept) as T) : undefined
}

function filledList<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length > 0 ? items : undefined
}
