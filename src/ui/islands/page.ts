/**
 * What the script of every page does. Each part shortens a way that exists without it, and one that
 * fails leaves the page as the server made it.
 */

import { askAgain, holdForms } from './away.ts'
import { offerClauses } from './cell-menu.ts'
import { addChartImages } from './chart-images.ts'
import { zoomCharts } from './chart-zoom.ts'
import { completeFilters } from './choose/filter-box.ts'
import { addChoiceFilters } from './choose/filtered-choices.ts'
import { openPalette } from './choose/palette.ts'
import { openLinksAsDialogs } from './dialogs.ts'
import { makeButton } from './elements.ts'
import { listenToKeys } from './keys.ts'
import { followServer } from './live.ts'
import { walkTrees } from './span-tree.ts'
import { addTableFiles } from './table-files.ts'
import { showTimes } from './times.ts'

for (const start of [
  () =>
    followServer((part) => {
      addCopyButtons(part)
      addChartImages(part)
    }),
  showTimes,
  listenToKeys,
  openLinksAsDialogs,
  openPalette,
  () => addCopyButtons(),
  completeFilters,
  zoomCharts,
  addTableFiles,
  addChoiceFilters,
  () => addChartImages(),
  walkTrees,
  offerClauses,
  holdForms,
  askAgain,
]) {
  try {
    start()
  } catch (err) {
    console.error(err)
  }
}

/** A button on each piece of code, which copies exactly its text. */
function addCopyButtons(within: ParentNode = document): void {
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
