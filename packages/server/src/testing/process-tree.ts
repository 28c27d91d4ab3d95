import { readdir, readFile } from 'node:fs/promises'

/** The processes of this machine that are not zombies, by pid: name, parent and command line. */
export async function processes(): Promise<Map<number, { name: string; parent: number; command: string }>> {
  const found = new Map<number, { name: string; parent: number; command: string }>()
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const stat = await readFile(`/proc/${entry}/stat`, 'latin1').catch(() => '')
    const [, name, rest] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? []
    if (name === undefined || rest === undefined || rest.startsWith('Z')) continue
    const command = await readFile(`/proc/${entry}/cmdline`, 'utf8').catch(() => '')
    found.set(Number(entry), { name, parent: Number(rest.split(' ')[1]), command: command.replaceAll('\0', ' ') })
  }
  return found
}

/** Processes whose command line holds a word that only this test uses. */
export async function processesWith(word: string): Promise<readonly string[]> {
  return [...(await processes()).values()].map(({ command }) => command).filter(command => command.includes(word))
}

/** Resolves when no process has the word in its command line any more; rejects after so many seconds. */
export async function goneFromTree(word: string, seconds = 10): Promise<void> {
  const end = performance.now() + seconds * 1000
  for (let left = await processesWith(word); left.length > 0; left = await processesWith(word)) {
    if (performance.now() > end) throw new Error(`still there after ${seconds} s: ${left.join('; ')}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

/** Resolves when so many processes have a word in their command line; a program that is being started may not yet have it. */
export async function comeUp(word: string, count: number, seconds = 30): Promise<void> {
  const end = performance.now() + seconds * 1000
  for (let there = await processesWith(word); there.length < count; there = await processesWith(word)) {
    if (performance.now() > end)
      throw new Error(`only ${there.length} of ${count} after ${seconds} s: ${there.join('; ')}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
