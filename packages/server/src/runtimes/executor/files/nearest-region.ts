import { linesOf, numbered } from './numbered.ts'

/** Comparisons of lines that a search may cost, and lines that are shown. */
const workLimit = 4_000_000
const shownLines = 30

/** Describes the part of `text` that is most like `wanted`, and the first difference; says so when nothing is like it. */
export function describeNearest(text: string, wanted: string): string {
  const lines = linesOf(text)
  const sought = linesOf(wanted)
  const start = nearest(lines, sought)
  if (start === undefined) return 'No part of the file is like it.'
  const last = Math.min(lines.length, start + Math.min(sought.length, shownLines))
  const region = numbered(lines, start + 1, last)
  return `The nearest lines are:\n${region}${difference(lines, sought, start)}`
}

/** The index of the line at which the most lines agree, blanks at their ends aside. */
function nearest(lines: readonly string[], sought: readonly string[]): number | undefined {
  const have = lines.map(line => line.trim())
  const want = sought.map(line => line.trim())
  const used =
    lines.length * want.length <= workLimit
      ? want
      : want.slice(0, Math.max(1, Math.floor(workLimit / (lines.length + 1))))
  let best: number | undefined
  let bestScore = 0
  for (let start = 0; start < have.length; start++) {
    let score = 0
    for (let index = 0; index < used.length; index++) {
      if (used[index] !== '' && used[index] === have[start + index]) score++
    }
    if (score > bestScore) [best, bestScore] = [start, score]
  }
  return best ?? mostAlike(have, want)
}

/** The line that shares the most pairs of letters with the longest wanted one; undefined when it is under a half. */
function mostAlike(have: readonly string[], want: readonly string[]): number | undefined {
  const longest = want.reduce((one, other) => (other.length > one.length ? other : one), '').slice(0, 200)
  const pairs = pairsOf(longest)
  if (pairs.size === 0) return undefined
  let best: number | undefined
  let bestScore = 0.5
  for (const [index, line] of have.slice(0, 20_000).entries()) {
    const others = pairsOf(line.slice(0, 200))
    let shared = 0
    for (const pair of others) if (pairs.has(pair)) shared++
    const score = (2 * shared) / (pairs.size + others.size)
    if (score > bestScore) [best, bestScore] = [index, score]
  }
  return best === undefined ? undefined : Math.max(0, best - want.findIndex(line => line.startsWith(longest)))
}

function pairsOf(line: string): Set<string> {
  const pairs = new Set<string>()
  for (let at = 0; at + 1 < line.length; at++) pairs.add(line.slice(at, at + 2))
  return pairs
}

function difference(lines: readonly string[], sought: readonly string[], start: number): string {
  const index = sought.findIndex((line, at) => line !== lines[start + at])
  const have = lines[start + index]
  const want = sought[index]
  if (index < 0 || want === undefined) return 'They differ only in how their lines end.'
  const line = start + index + 1
  if (have === undefined) return `The file ends before line ${line}, where the text goes on.`
  const what = have.trim() === want.trim() ? 'differs only in white space' : 'is not the same'
  return `Line ${line} ${what}: the file has ${show(have)}, the text to be replaced has ${show(want)}.`
}

function show(line: string): string {
  return JSON.stringify(line.length > 200 ? `${line.slice(0, 200)}…` : line)
}
