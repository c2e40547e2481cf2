type Attributes = Readonly<Record<string, string>>

/** A new element with its attributes and what is in it. */
export function makeElement<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  children: readonly (Node | string)[] = [],
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
  element.append(...children)
  return element
}

/** A button for what only a script can do. */
export function makeButton(text: string, act: () => unknown): HTMLButtonElement {
  const button = makeElement('button', { type: 'button', class: 'quiet small' }, [text])
  button.addEventListener('click', act)
  return button
}

/** Hand a file to the browser as a download. */
export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content)
  makeElement('a', { href: url, download: name }).click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}

/** A text as the name of a file. */
export function fileNameOf(text: string, extension: string): string {
  const plain = text.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-|-$/g, '')
  return `${plain.slice(0, 80) || 'gatehouse'}.${extension}`
}

/** The page at an address as a document without scripts; undefined: it is not there, or sign-in is. */
export function loadPage(url: string): Promise<Document | undefined> {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest()
    request.open('GET', url)
    request.responseType = 'document'
    request.setRequestHeader('Accept', 'text/html')
    request.onload = () => {
      const isThere = request.status === 200 && pathOf(request.responseURL) === pathOf(url)
      resolve(isThere ? (request.responseXML ?? undefined) : undefined)
    }
    request.onerror = () => resolve(undefined)
    request.send()
  })
}

function pathOf(url: string): string {
  return new URL(url, location.href).pathname
}
