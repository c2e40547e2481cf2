import type { FC } from 'hono/jsx'
import { type ExactJson, exactJsonOf } from '../../../core/exact-json.ts'
import { Given } from '../../parts/text.tsx'
import { JsonView } from '../trace/json-view.tsx'
import { inputsKey, outputsKey } from '../trace/span-panel.tsx'
import type { SpanPair } from './align-spans.ts'

/** What went into a span of each trace, and what came out. */
export const PairPanel: FC<{ readonly pair: SpanPair }> = ({ pair: { first, second } }) => {
  const valuesOf = (key: string) =>
    [first, second].map((node) => (node ? node.span.attributes[key] : undefined))
  const name = (first ?? second)?.span.name ?? ''
  return (
    <section class="panel near" aria-labelledby="pair">
      <h2 id="pair">
        <Given text={name.slice(0, 300) || 'without name'} />
      </h2>
      <Values title="Inputs" of={valuesOf(inputsKey)} />
      <Values title="Outputs" of={valuesOf(outputsKey)} />
    </section>
  )
}

const sides = ['First', 'Second'] as const

const Values: FC<{ readonly title: string; readonly of: readonly (ExactJson | undefined)[] }> = ({
  title,
  of,
}) => {
  const [a, b] = of.map((value) => (value === undefined ? undefined : exactJsonOf(value)))
  if (a !== undefined && a === b) {
    return (
      <details>
        <summary>
          <strong>{title}</strong> <span class="soft">the same in both</span>
        </summary>
        {of[0] === undefined ? null : <JsonView of={of[0]} />}
      </details>
    )
  }
  return (
    <details open>
      <summary>
        <strong>{title}</strong> <span class="soft">{a === b ? 'none' : 'differ'}</span>
      </summary>
      {a === b ? null : (
        <div class="halves">
          {of.map((value, i) => (
            <div class="near">
              <strong>{sides[i]}</strong>
              {value === undefined ? <span class="soft">none</span> : <JsonView of={value} />}
            </div>
          ))}
        </div>
      )}
    </details>
  )
}
