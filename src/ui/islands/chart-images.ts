import { fileNameOf, makeButton, saveFile } from './elements.ts'

const [width, height, margin, scale] = [960, 540, 64, 2]

/** A button at each chart that saves it as PNG, with its title and legend. */
export function addChartImages(within: ParentNode = document): void {
  for (const figure of within.querySelectorAll<HTMLElement>('figure.chart')) {
    const caption = figure.querySelector('figcaption')
    const plot = figure.querySelector<SVGSVGElement>('.plot > svg, .parallel > svg')
    if (!caption || !plot) continue
    const title = caption.querySelector('strong')?.textContent?.trim() ?? 'chart'
    caption.append(
      ' ',
      makeButton('PNG', async () => {
        const image = await drawImage(figure, plot, title)
        if (image) saveFile(fileNameOf(title, 'png'), image)
      }),
    )
  }
}

async function drawImage(
  figure: HTMLElement,
  plot: SVGSVGElement,
  title: string,
): Promise<Blob | null> {
  const labels = [...figure.querySelectorAll<HTMLElement>('.legend li')]
  const canvas = document.createElement('canvas')
  canvas.width = width * scale
  canvas.height = (height + labels.length * 18) * scale
  const context = canvas.getContext('2d')
  if (!context) return null
  const style = getComputedStyle(document.body)
  context.scale(scale, scale)
  context.fillStyle = style.backgroundColor
  context.fillRect(0, 0, canvas.width, canvas.height)
  context.fillStyle = style.color
  context.font = `600 16px ${style.fontFamily}`
  context.fillText(title, margin, 28)
  context.drawImage(await imageOf(plot), margin, 48, width - 2 * margin, height - 2 * margin)
  context.font = `12px ${style.fontFamily}`
  drawAxes(context, figure)
  for (const [i, label] of labels.entries()) {
    const y = height + i * 18
    context.fillStyle = getComputedStyle(label.querySelector('g') ?? label).color
    context.fillRect(margin, y - 5, 24, 3)
    context.fillStyle = style.color
    context.fillText(label.innerText.trim(), margin + 32, y)
  }
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'))
}

function drawAxes(context: CanvasRenderingContext2D, figure: HTMLElement): void {
  const ticks = [...figure.querySelectorAll<HTMLElement>('.axis-y > span')]
  const span = height - 2 * margin
  context.textAlign = 'right'
  for (const [i, tick] of ticks.entries()) {
    const share = ticks.length === 1 ? 0.5 : i / (ticks.length - 1)
    context.fillText(tick.innerText, margin - 8, 52 + share * span)
  }
  const [first, last] = figure.querySelectorAll<HTMLElement>('.axis-x > span')
  context.fillText(last?.innerText ?? '', width - margin, 48 + span + 20)
  context.textAlign = 'left'
  context.fillText(first?.innerText ?? '', margin, 48 + span + 20)
}

const properties = ['fill', 'fill-opacity', 'stroke', 'stroke-opacity', 'stroke-width']
const lineProperties = ['stroke-dasharray', 'stroke-linejoin', 'stroke-linecap', 'vector-effect']
const textProperties = ['font-family', 'font-size', 'font-weight', 'paint-order']
const drawnParts = 'path, rect, text'

/** The drawing with the looks that the style sheet gives it, since a picture has no style sheet. */
async function imageOf(plot: SVGSVGElement): Promise<HTMLImageElement> {
  const copy = plot.cloneNode(true)
  if (!(copy instanceof SVGSVGElement)) throw new Error('the copy of a drawing is none')
  const copies = copy.querySelectorAll<SVGElement>(drawnParts)
  for (const [i, path] of plot.querySelectorAll(drawnParts).entries()) {
    const computed = getComputedStyle(path)
    for (const property of [...properties, ...lineProperties, ...textProperties]) {
      copies[i]?.setAttribute(property, computed.getPropertyValue(property))
    }
  }
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  copy.setAttribute('width', String((width - 2 * margin) * scale))
  copy.setAttribute('height', String((height - 2 * margin) * scale))
  const image = new Image()
  image.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`
  await image.decode()
  return image
}
