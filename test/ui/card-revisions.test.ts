import { expect, test } from 'vitest'
import { fieldsIn, markupIn, pagesOf, textOf } from './page.ts'
import { askedWorld } from './world.ts'

const card = '/models/fraud-detector/3/card'

async function world() {
  const made = await askedWorld()
  return { ...made, as: (who: string) => pagesOf(made.app, who) }
}

test('revisions of a card say what each changed, and lead back to an earlier one', async () => {
  const { as, ann, rita, call, card: write } = await world()
  await write(3, { intended_use: 'Rank <img src=x>.', owners: ['ann'] }, 1)
  const { html } = await as(ann).get(`${card}/revisions`)
  const text = textOf(html)
  expect(text).toMatch(/Revision 2, as it is now .* Rank <img src=x>\. /)
  expect(text).toContain('Limitations Blind to vouchers. –')
  expect(text).toContain('Restore revision 1…')
  expect(text).not.toContain('Restore revision 2…')
  expect(markupIn(html)).toEqual([])
  expect(textOf((await as(rita).get(`${card}/revisions`)).html)).not.toContain('Restore')
  const form = await as(ann).get(`${card}?from=1`)
  expect(textOf(form.html)).toContain('The form has revision 1, as it was.')
  const fields = fieldsIn(form.html)
  expect(fields).toMatchObject({ limitations: 'Blind to vouchers.', seen_revision: '2' })
  const saved = await as(ann).post(card, { ...fields, do: 'save' })
  expect([saved.status, saved.location]).toEqual([303, '/models/fraud-detector/3'])
  const now = await call(ann, 'GET', '/api/v1/models/fraud-detector/versions/3/card')
  expect(now.json).toMatchObject({ revision: 3, card: { limitations: 'Blind to vouchers.' } })
  expect(now.json.card).not.toHaveProperty('owners')
  // Somebody else wrote meanwhile: nothing happens.
  const late = await as(ann).post(card, { ...fields, do: 'save' })
  expect(late.status).toBe(409)
})

test('revisions are in pages, and for those who may read the model', async () => {
  const { as, ann, eve, rita, card: write } = await world()
  for (let i = 1; i < 8; i++) await write(3, { notes: `${i} ${'x'.repeat(2000)}` }, i)
  const { html } = await as(ann).get(`${card}/revisions`)
  const older = /href="([^"]*\?before=4)"/.exec(html)?.[1] ?? ''
  expect(textOf((await as(ann).get(older)).html)).toMatch(/Revision 3 .* Revision 2 .* Revision 1 /)
  expect(html.length).toBeLessThan(60_000)
  for (const path of ['/revisions', '?from=1']) {
    expect((await as(eve).get(card + path)).status).toBe(403)
  }
  expect((await as(rita).get(`${card}?from=99`)).status).toBe(404)
  expect((await as(rita).get(`${card}?from=x`)).status).toBe(400)
  expect((await as(rita).get('/models/fraud-detector/99/card/revisions')).status).toBe(404)
  expect(textOf((await as(rita).get('/models/fraud-detector/1/card/revisions')).html)).toContain(
    'Nobody has written a card yet.',
  )
})
