import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { markupIn, rowsOf, textOf } from './page.ts'
import { runsWorld } from './runs-world.ts'

const evil = `"><img src=x onerror=alert(1)><script>alert(1)</script>`

/** A run with these files, and their pages. */
async function filesWorld(files: Readonly<Record<string, string | Uint8Array<ArrayBuffer>>>) {
  const world = await runsWorld()
  const { app, ann, rita, as, logRun } = world
  const run = await logRun({ name: 'files' })
  const root = `/api/2.0/mlflow-artifacts/artifacts/1/${run}/artifacts`
  for (const [path, body] of Object.entries(files)) {
    const headers = { authorization: ann }
    const { status } = await app.request(`${root}/${path}`, { method: 'PUT', headers, body })
    expect(status, path).toBe(200)
  }
  const open = async (path: string, more = '') => {
    const address = `/runs/${run}/files?path=${encodeURIComponent(path)}${more}`
    const { html, status, headers } = await as(rita).get(address)
    return { html, status, headers, text: textOf(html), markup: markupIn(html) }
  }
  return { ...world, run, open }
}

function safetensorsOf(header: string): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(header)
  const bytes = new Uint8Array(8 + text.length + 4)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  return bytes
}

describe('a text', () => {
  test('has an address for each line, and is read part by part and from its end', async () => {
    const line = (i: number) => `line ${i} ${'ä'.repeat(20)}`
    const { open } = await filesWorld({
      'short.py': 'import os\nprint(1)\n',
      'long.log': Array.from({ length: 10_000 }, (_, i) => line(i)).join('\n'),
    })
    expect((await open('short.py')).html).toContain(
      '<span id="L2"><a href="#L2" data-line="2" aria-label="Line 2" tabindex="-1"></a>print(1)',
    )
    const first = await open('long.log')
    const next = /href="([^"]*from=\d+)"/.exec(first.html)?.[1]?.replaceAll('&amp;', '&') ?? ''
    const from = Number(/\d+$/.exec(next)?.[0])
    const second = await open('long.log', `&from=${from}`)
    const [last] = first.text.match(/line \d+ (?=ä+ (?:API|CSV|Times|\S))/g)?.slice(-1) ?? []
    const shown = [...first.text.matchAll(/line (\d+) /g)].map(([, i]) => Number(i))
    const follows = Number(/line (\d+) /.exec(second.text)?.[1])
    expect(last).toBeDefined()
    expect(follows).toBe(Math.max(...shown) + 1)
    const end = await open('long.log', '&from=-65536')
    expect(end.text).toContain('line 9999 ')
    expect(end.text).toContain('The last 65.5 kB of')
    // Even where a character is cut.
    for (const at of [from + 8, from + 9, from + 10, from + 11]) {
      expect((await open('long.log', `&from=${at}`)).text).toContain(`line ${follows + 1} `)
    }
    expect((await open('long.log', '&from=99999999')).status).toBe(200)
    expect((await open('long.log', '&from=x')).status).toBe(400)
  })
})

describe('values', () => {
  test('of JSON and YAML are a tree, and an MLmodel says in short what it is', async () => {
    const { open } = await filesWorld({
      'facts.json': `{"id": 12345678901234567890, "deep": {"a": {"b": [${JSON.stringify(evil)}]}}}`,
      'deep.json': '['.repeat(5000) + ']'.repeat(5000),
      'many.json': JSON.stringify(Array.from({ length: 5000 }, (_, i) => i)),
      'wrong.json': '{"a": ',
      'conda.yaml': 'name: env\ndependencies:\n- python=3.12\n',
      'bomb.yaml': `a: &a [x, x]\n${'bcdefghijklmnopqrstuvwxyz'
        .split('')
        .map(
          (one, i) =>
            `${one}: &${one} [*${'abcdefghijklmnopqrstuvwxyz'[i]}, *${'abcdefghijklmnopqrstuvwxyz'[i]}]`,
        )
        .join('\n')}\n`,
      'model/MLmodel': `flavors:\n  sklearn:\n    sklearn_version: 1.9.2\nmlflow_version: 3.17.2\nsignature:\n  inputs: '[{"name": "amount<b>", "type": "double"}]'\n`,
    })
    const json = await open('facts.json')
    expect(json.text).toContain('id : 12345678901234567890')
    expect(json.text).toContain(evil)
    expect(json.markup).toEqual([])
    expect((await open('deep.json')).status).toBe(200)
    expect((await open('many.json')).text).toContain('Only the first 2,000 values')
    expect((await open('wrong.json')).text).toContain('Download {"a":')
    expect((await open('conda.yaml')).text).toContain('dependencies : 1 item 0 : python=3.12')
    expect((await open('bomb.yaml')).status).toBe(200)
    const model = await open('model/MLmodel')
    expect(model.text).toContain('Flavors sklearn 1.9.2 Inputs amount<b> double MLflow 3.17.2')
    expect(model.markup).toEqual([])
  })
})

describe('a file that is no text', () => {
  test('tells of its parts by its header, and is never loaded', async () => {
    const header = { [evil]: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] } }
    const { open } = await filesWorld({
      'w.safetensors': safetensorsOf(JSON.stringify(header)),
      'lies.safetensors': safetensorsOf('[1]'),
      'model.pt': new Uint8Array(zipSync({ [`archive/${evil}`]: new Uint8Array(1500) })),
      'cut.npz': new Uint8Array(zipSync({ a: new Uint8Array(9) })).slice(0, 40),
      'model.pkl': new Uint8Array([0x80, 4, 0, 65, 66]),
    })
    const tensors = await open('w.safetensors')
    expect(rowsOf(tensors.html)).toEqual([`${evil} F32 [2, 3] 24 B`])
    const archive = await open('model.pt')
    expect(rowsOf(archive.html)).toEqual([`archive/${evil} compressed 1.5 kB`])
    expect([...tensors.markup, ...archive.markup]).toEqual([])
    for (const path of ['lies.safetensors', 'cut.npz', 'model.pkl']) {
      expect((await open(path)).text, path).toContain('Its first bytes are')
    }
    expect((await open('model.pkl')).text).toContain('0000 80 04 00 41 42 ...AB')
  })
})

describe('a Parquet file', () => {
  test('is read by a worker of its page alone, which may ask this server and no other', async () => {
    const { app, run, open } = await filesWorld({
      'a.parquet': new TextEncoder().encode('PAR1\0PAR1'),
      'sealed.parquet': new TextEncoder().encode('PARE\0PARE'),
      'named.parquet': 'no such thing',
      'a.csv': 'a,b\n1,2',
    })
    const { html, headers, text } = await open('a.parquet')
    expect(headers.get('content-security-policy')).toMatch(
      /worker-src 'self'; trusted-types parquet$/,
    )
    expect(text).toContain('the server does not open it')
    const place =
      /<p role="status" class="soft" data-parquet="([^"]+)" data-size-bytes="9" data-sha256="[0-9a-f]{64}"/
    expect(place.exec(html)?.[1]).toBe(`/get-artifact?run_id=${run}&amp;path=a.parquet`)
    expect((await open('sealed.parquet')).html).toContain('data-parquet=')
    for (const path of ['named.parquet', 'a.csv']) {
      const other = await open(path)
      expect(other.html, path).not.toContain('data-parquet=')
      const policy = other.headers.get('content-security-policy') ?? ''
      expect(policy, path).toMatch(/trusted-types 'none'$/)
      expect(policy, path).not.toContain('worker-src')
    }
    const worker = await app.request(/data-worker="([^"]+)"/.exec(html)?.[1] ?? '')
    expect(worker.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(worker.headers.get('content-security-policy')).toBe(
      "default-src 'none'; connect-src 'self'",
    )
  })
})

const notebook = JSON.stringify({
  cells: [
    { cell_type: 'markdown', source: ['# Title\n', evil] },
    {
      cell_type: 'code',
      source: 'print(1)',
      outputs: [
        { output_type: 'stream', text: ['\u001b[31mred\u001b[0m\n'] },
        { data: { 'image/png': 'iVBORw0KGgo=', 'text/html': 'x' } },
        { data: { 'image/png': `"${evil}`, 'text/plain': 'plain' } },
        { data: { 'image/svg+xml': `<svg onload="${evil}"/>` } },
        { data: { 'text/html': [`<p>${evil}</p>`] } },
      ],
    },
  ],
})

describe('markup that somebody uploaded', () => {
  test('runs in a frame alone, with an origin of its own and without a way out', async () => {
    const { open, run, as, rita, app, eve, admin, mlflow } = await filesWorld({
      'plot.html': `<script src="https://cdn.plot.ly/x.js"></script>${evil}`,
      'evil.ipynb': notebook,
      'notes.txt': evil,
    })
    const { text, headers, markup } = await open('plot.html')
    expect(text).toContain('It asks for scripts of cdn.plot.ly, which it does not get here')
    expect(headers.get('content-security-policy')).toContain("frame-src 'self'")
    expect(markup).toHaveLength(1)
    const frame = `/runs/${run}/files/frame?path=plot.html`
    expect(markup[0]).toContain(`src="${frame}"`)
    expect(markup[0]).toContain('sandbox="allow-scripts"')
    const framed = await as(rita).get(frame)
    expect(framed.html).toContain(evil)
    const policy = framed.headers.get('content-security-policy') ?? ''
    expect(policy).toMatch(/^sandbox allow-scripts; default-src 'none'; /)
    expect(policy).not.toMatch(
      /allow-same-origin|connect-src|https?:|(script|img|style)-src[^;]*'self'/,
    )
    expect(framed.headers.get('x-content-type-options')).toBe('nosniff')
    const alone = await app.request(frame, {
      headers: { authorization: rita, 'sec-fetch-dest': 'document' },
    })
    expect([alone.status, alone.headers.get('location')]).toEqual([
      302,
      `/runs/${run}/files?path=plot.html`,
    ])
    expect((await as(rita).get(frame.replace('plot.html', 'notes.txt'))).status).toBe(400)
    expect((await as(rita).get(frame.replace('plot.html', 'none.html'))).status).toBe(404)
    const none = { experiment_id: '1', username: 'eve', permission: 'NO_PERMISSIONS' }
    await mlflow(admin, 'POST', 'experiments/permissions/create', none)
    expect((await as(eve).get(frame)).status).toBe(403)
  })

  test('in a notebook is text, an image of its own, or a frame', async () => {
    const { open, run, as, rita } = await filesWorld({
      'evil.ipynb': notebook,
      'broken.ipynb': '{"cells": 1}',
      'odd.ipynb': '{"cells": [null, 1, {"source": {}, "outputs": [null, {"data": []}]}]}',
    })
    const { html, text, markup } = await open('evil.ipynb')
    expect(html).toMatch(/<h[2-4]>Title/)
    expect(text).toContain('red')
    expect(text).toContain('plain')
    expect(markup.map((tag) => tag.slice(0, 60))).toEqual([
      '<img class="preview" src="data:image/png;base64,iVBORw0KGgo=',
      expect.stringMatching(/^<img class="preview" src="data:image\/svg\+xml,%3Csvg/),
      expect.stringMatching(/^<iframe src="\/runs\//),
    ])
    const frame = `/runs/${run}/files/frame?path=evil.ipynb&cell=1`
    expect((await as(rita).get(`${frame}&output=4`)).html).toBe(`<p>${evil}</p>`)
    for (const output of ['0', '9', 'x', '__proto__']) {
      expect((await as(rita).get(`${frame}&output=${output}`)).status, output).toBe(400)
    }
    expect((await open('broken.ipynb')).text).toContain('cells : 1')
    expect((await open('odd.ipynb')).status).toBe(200)
  })
})
