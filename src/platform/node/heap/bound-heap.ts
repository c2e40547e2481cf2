import { setFlagsFromString } from 'node:v8'

/** V8 has these for its own tests, too: other releases of Node may not know them. */
const flagsOfNode24 = [
  // The bytes of files that stream through would make V8 mark the whole heap for each 32 MB of them, which costs
  // as much as their hashes. Counted with the heap they go when young objects do.
  '--external-memory-accounted-in-global-limit',
  // Young objects go after 16 MB of such bytes. By itself V8 waits for 128, and so long each piece of a file is
  // memory that was not used before.
  '--scavenger-max-new-space-capacity-mb=4',
  // The whole heap is gone through when it has doubled, and not when it is four times what it was.
  '--heap-growing-percent=100',
]

/** Let the heap of this process grow no further than answers take, where V8's own bounds are those of a browser. */
export function boundHeap(): void {
  if (!process.versions.node.startsWith('24.')) return
  for (const flag of flagsOfNode24) setFlagsFromString(flag)
}
