import type { FC } from 'hono/jsx'
import type { OutcomeSummary } from '../../serving/outcomes/read-outcomes.ts'
import { Time } from '../parts/byline.tsx'
import { NoValue, Table } from '../parts/table.tsx'
import { countText, numberText } from '../parts/text.tsx'

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
          columns={[
            'Variant',
            { title: 'Count', isNumber: true },
            { title: 'Mean, with its 95 % interval', isNumber: true },
            { title: 'Difference, with its 95 % interval', isNumber: true },
            { title: 'p', isNumber: true },
            'Test',
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
                  <td class="number">{countText(sample.count)}</td>
                  <td class="number">{withInterval(sample.mean, interval)}</td>
                  {found ? (
                    <>
                      <td class="number">
                        {found.difference > 0 ? '+' : ''}
                        {withInterval(found.difference, found.interval)}
                      </td>
                      <td class="number">
                        {found.pValue === undefined ? '–' : pText(found.pValue)}
                      </td>
                      <td>
                        {found.test}, against {found.against}
                      </td>
                    </>
                  ) : (
                    <>
                      <td class="number">
                        <NoValue />
                      </td>
                      <td class="number">
                        <NoValue />
                      </td>
                      <td class="soft">the others are held against it</td>
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
