import type { FC } from 'hono/jsx'
import type { OutcomeSummary } from '../../serving/outcomes/read-outcomes.ts'
import { Time } from '../parts/byline.tsx'
import { Cell, NoValue, Table } from '../parts/table.tsx'
import { countText, numberText } from '../parts/text.tsx'

const labels = {
  count: 'Count',
  mean: 'Mean, with its 95 % interval',
  difference: 'Difference, with its 95 % interval',
  p: 'p',
  test: 'Test',
} as const

/** What became of the answers, and whether the variants differ by more than chance. */
export const OutcomeTables: FC<{ readonly outcomes: OutcomeSummary }> = ({
  outcomes: { sinceMs, outcomes, differences },
}) => {
  const names = [...new Set(outcomes.map(({ name }) => name))]
  return (
    <section class="near" aria-labelledby="outcomes" data-part="outcomes" data-steady>
      <h2 id="outcomes">Outcomes</h2>
      {names.length === 0 ? (
        <p class="soft">
          None were told within seven days. Whoever learns what an answer was good for tells it by
          the <code>X-Gatehouse-Request-Id</code> of the answer.
        </p>
      ) : (
        <p class="hint">
          Of requests since <Time atMs={sinceMs} isExact />. Compared as if chance alone had spread
          them: count from the last change of weights on, and decide before how long to wait.
        </p>
      )}
      {names.map((outcome) => (
        <Table
          caption={`Outcome ${outcome}`}
          isCaptioned
          isCards
          columns={[
            'Variant',
            { title: labels.count, isNumber: true },
            { title: labels.mean, isNumber: true },
            { title: labels.difference, isNumber: true },
            { title: labels.p, isNumber: true },
            labels.test,
          ]}
        >
          {outcomes
            .filter(({ name }) => name === outcome)
            .map(({ variant, sample, interval }) => {
              const found = differences.find(
                (one) => one.name === outcome && one.variant === variant,
              )
              return (
                <tr>
                  <th scope="row">{variant}</th>
                  <Cell label={labels.count} isNumber>
                    {countText(sample.count)}
                  </Cell>
                  <Cell label={labels.mean} isNumber isLine>
                    {withInterval(sample.mean, interval)}
                  </Cell>
                  {found ? (
                    <>
                      <Cell label={labels.difference} isNumber isLine>
                        {found.difference > 0 ? '+' : ''}
                        {withInterval(found.difference, found.interval)}
                      </Cell>
                      <Cell label={labels.p} isNumber>
                        {found.pValue === undefined ? <NoValue /> : pText(found.pValue)}
                      </Cell>
                      <Cell label={labels.test} isLine>
                        {found.test}, against {found.against}
                      </Cell>
                    </>
                  ) : (
                    <>
                      <Cell label={labels.difference} isNumber isLine>
                        <NoValue />
                      </Cell>
                      <Cell label={labels.p} isNumber>
                        <NoValue />
                      </Cell>
                      <Cell label={labels.test} isLine>
                        <span class="soft">the others are held against it</span>
                      </Cell>
                    </>
                  )}
                </tr>
              )
            })}
        </Table>
      ))}
    </section>
  )
}

type Bounds = { readonly low: number; readonly high: number }

function withInterval(value: number, interval: Bounds | undefined): string {
  const text = numberText(rounded(value))
  if (!interval) return text
  return `${text} (${numberText(rounded(interval.low))} to ${numberText(rounded(interval.high))})`
}

function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

function pText(p: number): string {
  return p < 0.0001 ? '< 0.0001' : numberText(Number(p.toPrecision(2)))
}
