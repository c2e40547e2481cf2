import { makeButton } from './elements.ts'

/** A button on each piece of code, which copies exactly its text. */
export function addCopyButtons(within: ParentNode = document): void {
  if (!navigator.clipboard) return
  for (const pre of within.querySelectorAll<HTMLElement>('main pre, .foot pre')) {
    const button = makeButton('Copy', async () => {
      await navigator.clipboard.writeText(pre.innerText.trimEnd())
      button.textContent = 'Copied'
      setTimeout(() => {
        button.textContent = 'Copy'
      }, 2000)
    })
    button.classList.add('copy')
    pre.before(button)
  }
}
