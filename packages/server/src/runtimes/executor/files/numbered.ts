/** UTF-16 units of one line that are shown, and of a whole view. */
const lineLimit = 2000
const viewLimit = 60_000

/** The lines of a text; the empty rest after a final line break is none. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

/** Lines `first` to `last` (counted from 1) as `cat -n` shows them; what is too long is cut, and that is said. */
export function numbered(lines: readonly string[], first: number, last: number): string {
  const shown: string[] = []
  let size = 0
  for (let number = first; number <= last; number++) {
    const line = `${String(number).padStart(6)}\t${shorten(lines[number - 1] ?? '')}`
    size += line.length + 1
    if (size > viewLimit) {
      shown.push(`[Lines ${number} to ${last} were left out here; view them by their numbers.]`)
      break
    }
    shown.push(line)
  }
  return shown.map(line => `${line}\n`).join('')
}

function shorten(line: string): string {
  if (line.length <= lineLimit) return line
  return `${line.slice(0, lineLimit)} [${line.length - lineLimit} more characters in this line]`
}
