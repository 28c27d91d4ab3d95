/** A piece of what a Python cell left: text, or a picture by its address. */
export type CellPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'picture'; readonly url: string }

const PICTURE = /^!\[image\]\((\S+)\)$/
const FOOTER = /^\[Jupyter (?:current working directory|Python interpreter): .*\]$/

/** Cuts the observation of a cell into texts and plots; the two lines about the interpreter are left out. */
export function cellParts(content: string): readonly CellPart[] {
  const parts: CellPart[] = []
  let lines: string[] = []
  const flush = (): void => {
    if (lines.some(line => line.trim() !== '')) parts.push({ kind: 'text', text: lines.join('\n') })
    lines = []
  }
  for (const line of withoutFooter(content.split('\n'))) {
    const url = PICTURE.exec(line)?.[1]
    if (url === undefined) lines.push(line)
    else {
      flush()
      parts.push({ kind: 'picture', url })
    }
  }
  flush()
  return parts.length > 0 ? parts : [{ kind: 'text', text: '' }]
}

function withoutFooter(lines: readonly string[]): readonly string[] {
  let end = lines.length
  while (end > 0 && FOOTER.test(lines[end - 1] ?? '')) end--
  return lines.slice(0, end)
}
