import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** Ticks of /proc/<pid>/stat a second; Linux fixes it for user space. */
const ticksPerSecond = 100

type Usage = { readonly cpuMs: number; readonly pssBytes: number; readonly peakRssBytes: number }

/** What the process `root` and all below it use, ended children included in the CPU time. */
export function usageOf(root: number): Usage {
  let cpuMs = 0
  let pssBytes = 0
  let peakRssBytes = 0
  for (const pid of treeOf(root)) {
    // user, system, and both of children that were waited for: fields 14 to 17 of proc(5).
    const ticks = statOf(pid)?.slice(11, 15) ?? []
    cpuMs += ticks.reduce((sum, text) => sum + (Number(text) * 1000) / ticksPerSecond, 0)
    pssBytes += kilobytes(pid, 'smaps_rollup', 'Pss')
    peakRssBytes += kilobytes(pid, 'status', 'VmHWM')
  }
  return { cpuMs, pssBytes, peakRssBytes }
}

/** Only the CPU time of `usageOf`, which is cheap to read. */
export function cpuMsOf(root: number): number {
  let ticks = 0
  for (const pid of treeOf(root)) {
    for (const text of statOf(pid)?.slice(11, 15) ?? []) ticks += Number(text)
  }
  return (ticks * 1000) / ticksPerSecond
}

/** Begin the peak of resident memory anew, see proc(5) on clear_refs. */
export function resetPeakRss(root: number): void {
  for (const pid of treeOf(root)) writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

function treeOf(root: number): number[] {
  const children = new Map<number, number[]>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = Number(statOf(Number(name))?.[1])
    children.set(parent, [...(children.get(parent) ?? []), Number(name)])
  }
  const tree = [root]
  for (const pid of tree) tree.push(...(children.get(pid) ?? []))
  return tree
}

/** The fields behind the process's name, which may hold blanks: state, parent and so on. */
function statOf(pid: number): string[] | undefined {
  const text = read(`/proc/${pid}/stat`)
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')
}

function kilobytes(pid: number, file: string, field: string): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(read(`/proc/${pid}/${file}`) ?? '')
  return Number(match?.[1] ?? 0) * 1024
}

/** Undefined for a process that has ended meanwhile. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (err) {
    if (err instanceof Error && 'code' in err && (err.code === 'ENOENT' || err.code === 'ESRCH')) {
      return undefined
    }
    throw err
  }
}
